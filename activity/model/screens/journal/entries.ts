/** The entries of a day, or those that a search finds, as in the Journal. */

import { ago } from '../../../../shared/words/words.ts';
import type { EntryRow } from '../../state/answers.ts';
import { answerTo } from '../../state/known-answers.ts';
import { PAGE } from '../../state/questions.ts';
import type { Place, State } from '../../state/state.ts';
import type { ButtonModel, ListBody, PageBody, Row, Viewer } from '../body.ts';
import { nothing } from '../page.ts';
import { entryButtons, workNote } from './rows.ts';

type EntriesPlace = Extract<Place, { type: 'entries' }>;

export function entriesBody(state: State, place: EntriesPlace, viewer: Viewer): ListBody {
  const { words } = viewer;
  const { of, snapshot, search } = place;
  const question = (page: number) => ({ type: 'page', of, snapshot, search, page }) as const;
  const found = answerTo(state, question(0));
  const total = found?.total ?? 0;
  const day = answerTo(state, { type: 'days', of })?.find((known) => known.snapshot === snapshot);
  const what = search && words._('"{text}" at school', { text: search });
  const parts = [what, day ? words.date(day.created) : ''].filter((part) => part !== '');
  const title = parts.join(' · ') || words._('What the school keeps');
  const older = found ? olderDays(place, viewer) : [];
  const none = search === '' ? words._('Nothing at school yet') : words._('Nothing found');
  const row = (index: number): Row | null => {
    const entry = answerTo(state, question(Math.floor(index / PAGE)))?.rows[index % PAGE];
    return entry ? entryRow(entry, place, state, viewer) : null;
  };
  return {
    ...{ type: 'list', key: `entries ${of} ${snapshot} ${search}`, title, picture: null },
    ...{ count: total, row, buttons: total > 0 ? older : [] },
    empty:
      total > 0 ? null : nothingFound(nothing(state, question(0), none, viewer), older, viewer),
  };
}

/** Leads from a search of one day to the others, which may have what is not in this one. */
function olderDays({ of, search }: EntriesPlace, { words: { _ } }: Viewer): ButtonModel[] {
  if (search === '') return [];
  const event = { type: 'go', place: { type: 'days', of, search } } as const;
  return [{ icon: { own: 'days' }, label: _('Days'), event }];
}

/** Adds the older days to a page that says nothing was found. */
function nothingFound(body: PageBody, older: ButtonModel[], { words: { _ } }: Viewer): PageBody {
  const [days] = older;
  if (!days) return body;
  return { ...body, text: _('Look in an older day?'), buttons: [{ ...days, main: true }] };
}

function entryRow(entry: EntryRow, place: EntriesPlace, state: State, viewer: Viewer): Row {
  const { words } = viewer;
  const { of, snapshot } = place;
  const { uid } = entry;
  return {
    key: `${uid} ${entry.digest}`,
    icon: { activity: entry.activity, mimeType: entry.mimeType, color: entry.color },
    title: entry.title || words._('No title'),
    note: workNote(state, uid, viewer),
    when: ago(words, entry.timestamp, state.now),
    preview: { of, snapshot, uid },
    marks: marksOf(entry, viewer),
    buttons: entryButtons(state, entry, place, viewer),
    open: { type: 'go', place: { type: 'entry', of, snapshot, uid } },
  };
}

function marksOf({ here }: EntryRow, { words: { _ } }: Viewer): Row['marks'] {
  if (here === 'kept') return [{ sign: 'keep', name: _('Kept at school') }];
  return here === 'same' ? [{ sign: 'laptop', name: _('Also on this laptop') }] : [];
}
