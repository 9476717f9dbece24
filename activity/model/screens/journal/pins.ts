/** The pins with their jar, and below them what is kept at school only. */

import { ago, size } from '../../../../shared/words/words.ts';
import { jarPicture } from '../../pictures/things.ts';
import type { AtSchool, Pin } from '../../state/answers.ts';
import { answerTo } from '../../state/known-answers.ts';
import type { State } from '../../state/state.ts';
import type { ListBody, Row, Viewer } from '../body.ts';
import { nothing } from '../page.ts';
import { bringBack, pinButton, workNote } from './rows.ts';

/** The pins, newest first; in a full jar the oldest first, which is the one to take out. */
export function pinsBody(state: State, viewer: Viewer): ListBody {
  const { words } = viewer;
  const { _ } = words;
  const answer = answerTo(state, { type: 'pins' });
  const pins = (answer?.pins ?? []).filter(({ uid }) => state.pinning[uid] !== false);
  const atSchool = answerTo(state, { type: 'at-school' }) ?? [];
  const { used, limit } = answer ?? { used: 0, limit: 0 };
  const level = limit > 0 ? used / limit : 0;
  const full = level > 0.95;
  const sorted = [...pins].sort((a, b) => (full ? a.pinned - b.pinned : b.pinned - a.pinned));
  const room =
    limit > 0 && pins.length > 0
      ? _('{used} of {limit}', { used: size(words, used), limit: size(words, limit) })
      : '';
  const title = full
    ? _('The jar is full: take out the oldest?')
    : _('Pinned: the school keeps these');
  return {
    ...{
      type: 'list',
      key: 'pins',
      title: [title, room].filter((part) => part !== '').join(' · '),
    },
    picture: jarPicture(
      level,
      _('A jar, {n} % full', { n: words.number(Math.round(level * 100)) }),
    ),
    count: sorted.length + atSchool.length,
    row: (index) => {
      const pin = sorted[index];
      if (pin) return pinRow(pin, state, viewer);
      return atSchoolRow(atSchool[index - sorted.length], state, viewer);
    },
    empty:
      sorted.length + atSchool.length > 0
        ? null
        : nothing(state, { type: 'pins' }, _('Nothing pinned yet'), viewer),
    buttons: [],
  };
}

function pinRow(pin: Pin, state: State, viewer: Viewer): Row {
  const { words } = viewer;
  const { _ } = words;
  const { uid, snapshot } = pin;
  const unpin = pinButton(true, snapshot, uid, pin.title, { words });
  const entry = { of: '', snapshot, uid };
  return {
    key: `pin ${uid} ${snapshot}`,
    icon: { activity: '', mimeType: '', color: '' },
    title: pin.title || _('No title'),
    note:
      workNote(state, uid, viewer) ||
      (pin.later ? _('As soon as you are at school') : size(words, pin.bytes)),
    when: ago(words, pin.pinned, state.now),
    preview: { ...entry },
    marks: [],
    buttons: [bringBack(entry, { words }), unpin],
    open: { type: 'go', place: { type: 'entry', ...entry } },
  };
}

function atSchoolRow(entry: AtSchool | undefined, state: State, viewer: Viewer): Row | null {
  if (!entry) return null;
  const { words } = viewer;
  const { _ } = words;
  const { uid } = entry;
  return {
    key: `school ${uid}`,
    icon: { activity: '', mimeType: '', color: '' },
    title: entry.title || _('No title'),
    note: workNote(state, uid, viewer) || _('Kept at school'),
    when: size(words, entry.bytes),
    preview: { of: '', snapshot: '', uid },
    marks: [{ sign: 'keep', name: _('Kept at school') }],
    buttons: [
      {
        icon: { own: 'fetch' },
        label: _('Fetch back'),
        event: { type: 'act', act: { type: 'fetch', uid } },
      },
    ],
    open: null,
  };
}
