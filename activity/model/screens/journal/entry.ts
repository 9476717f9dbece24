/** One entry: what it is, its picture, what can be done with it, and its versions at school. */
import { ago, size } from '../../../../shared/words/words.ts';
import { dayPicture } from '../../pictures/things.ts';
import type { Details } from '../../state/answers.ts';
import { answerTo } from '../../state/known-answers.ts';
import type { Place, State } from '../../state/state.ts';
import type { ButtonModel, EntryBody, Row, Viewer } from '../body.ts';
import { nothing } from '../page.ts';
import { bringBack, entryButtons, fetchButton, workNote } from './rows.ts';

type EntryPlace = Extract<Place, { type: 'entry' }>;

export function entryBody(state: State, place: EntryPlace, viewer: Viewer): EntryBody {
  const { words } = viewer;
  const { _ } = words;
  const question = { type: 'details', ...fromPlace(place) } as const;
  const details = answerTo(state, question) ?? null;
  const empty = details ? null : nothing(state, question, _('Nothing found'), viewer);
  const body: EntryBody = {
    type: 'entry',
    icon: { activity: '', mimeType: '', color: '' },
    ...{ title: '', facts: [], description: '', preview: null, buttons: [] },
    ...{ versionsTitle: _('Versions at school'), versions: [], empty },
  };
  if (!details) return body;
  return {
    ...body,
    icon: { activity: details.activity, mimeType: details.mimeType, color: details.color },
    title: details.title || _('No title'),
    facts: factsOf(details, state, viewer),
    description: [details.description, details.tags].filter((text) => text !== '').join('\n'),
    preview: fromPlace(place),
    buttons: gestures(details, state, place, viewer),
    versions: details.versions.map((version) => {
      const isKept = details.here === 'kept' && version.digest === details.digest;
      return versionRow(version, isKept, place, state, viewer);
    }),
  };
}

function fromPlace({ of, snapshot, uid }: EntryPlace) {
  return { of, snapshot, uid };
}

function factsOf(details: Details, state: State, viewer: Viewer): string[] {
  const { words } = viewer;
  const { _ } = words;
  const here = {
    same: _('Also on this laptop'),
    kept: _('Kept at school'),
    different: _('Changed on this laptop since'),
    absent: _('Not on this laptop'),
  }[details.here];
  const begun =
    details.created > 0 ? [_('Begun: {when}', { when: words.date(details.created) })] : [];
  const changed = _('Changed: {when}', { when: ago(words, details.timestamp, state.now) });
  const work = workNote(state, details.uid, viewer);
  const onPage = classFact(details, viewer);
  return [
    ...[...(work ? [work] : []), changed, ...begun, size(words, details.bytes), here],
    ...(onPage === '' ? [] : [onPage]),
  ];
}

/** What became of it on the class page; empty where nothing did. */
function classFact({ classPage }: Details, { words: { _ } }: Viewer): string {
  switch (classPage) {
    case 'offered':
      return _('Waits for your teacher');
    case 'approved':
      return _('On the class page');
    case 'refused':
      return _('Your teacher said no');
    case 'none':
    case null:
      return '';
    default:
      return classPage satisfies never;
  }
}

function gestures(
  details: Details,
  state: State,
  { of, snapshot, uid }: EntryPlace,
  viewer: Viewer,
): ButtonModel[] {
  const buttons = entryButtons(state, { ...details, uid }, { of, snapshot }, viewer);
  const [first, ...more] = [...buttons, ...classButtons(details, snapshot, viewer)];
  return first ? [{ ...first, main: true }, ...more] : more;
}

/** Only where there is a class page, and for this laptop's own whole entries. */
function classButtons(
  { uid, digest, here, classPage }: Details,
  snapshot: string,
  { words: { _ } }: Viewer,
): ButtonModel[] {
  if (classPage === null || (classPage === 'none' && here === 'kept')) return [];
  if (classPage === 'none') {
    const act = { type: 'offer', snapshot, uid } as const;
    return [{ icon: { own: 'offer' }, label: _('For my class'), event: { type: 'act', act } }];
  }
  const act = { type: 'take-back', uid, digest } as const;
  return [{ icon: { own: 'offered' }, label: _('Take it back'), event: { type: 'act', act } }];
}

function versionRow(
  version: Details['versions'][number],
  isKept: boolean,
  place: EntryPlace,
  state: State,
  { words }: Viewer,
): Row {
  const { of, uid } = place;
  const { snapshot, created } = version;
  const title = words.date(created);
  return {
    key: `${snapshot} ${version.digest}`,
    icon: dayPicture(words.number(new Date(created * 1000).getDate()), title),
    title,
    note: words.clock(created),
    when: ago(words, created, state.now),
    preview: { of, snapshot, uid },
    marks: [],
    // The version whose content is only at school comes back into its entry, not beside it.
    buttons: isKept ? [fetchButton(uid, { words })] : [bringBack({ of, snapshot, uid }, { words })],
    open: { type: 'go', place: { type: 'entry', of, snapshot, uid } },
  };
}
