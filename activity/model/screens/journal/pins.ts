/** The pins with their jar, and below them what is kept at school only. */

import { ago, size } from '../../../../shared/words/words.ts';
import { jarPicture } from '../../pictures/things.ts';
import {
  type AtSchool,
  fillOf,
  isJarFull,
  type Pin,
  type Pins,
  pinsInOrder,
} from '../../state/answers.ts';
import { answerTo } from '../../state/known-answers.ts';
import type { State } from '../../state/state.ts';
import type { EntryIcon, ListBody, Row, Viewer } from '../body.ts';
import { nothing } from '../page.ts';
import { bringBack, fetchButton, pinButton, workNote } from './rows.ts';

export function pinsBody(state: State, viewer: Viewer): ListBody {
  const { words } = viewer;
  const { _ } = words;
  const answer = answerTo(state, { type: 'pins' }) ?? { pins: [], used: 0, limit: 0 };
  const atSchool = answerTo(state, { type: 'at-school' }) ?? [];
  // What is kept at school only has a row of its own: its pin cannot be taken out.
  const kept = new Set(atSchool.map(({ uid }) => uid));
  const pins = pinsInOrder(answer).filter(
    ({ uid }) => state.pinning[uid] !== false && !kept.has(uid),
  );
  const level = fillOf(answer);
  const count = pins.length + atSchool.length;
  return {
    ...{ type: 'list', key: 'pins', title: titleOf(answer, pins.length > 0, viewer), count },
    picture: jarPicture(
      level,
      _('A jar, {n} % full', { n: words.number(Math.round(level * 100)) }),
    ),
    row: (index) => {
      const pin = pins[index];
      if (pin) return pinRow(pin, state, viewer);
      return atSchoolRow(atSchool[index - pins.length], state, viewer);
    },
    empty: count > 0 ? null : nothing(state, { type: 'pins' }, _('Nothing pinned yet'), viewer),
    buttons: [],
  };
}

function titleOf(answer: Pins, hasPins: boolean, { words }: Viewer): string {
  const { _ } = words;
  const title = isJarFull(answer)
    ? _('The jar is full: take out the oldest?')
    : _('Pinned: the school keeps these');
  const { used, limit } = answer;
  if (limit === 0 || !hasPins) return title;
  const room = _('{used} of {limit}', { used: size(words, used), limit: size(words, limit) });
  return `${title} · ${room}`;
}

function pinRow(pin: Pin, state: State, viewer: Viewer): Row {
  const { words } = viewer;
  const { _ } = words;
  const { uid, snapshot } = pin;
  const unpin = pinButton(true, snapshot, uid, pin.title, { words });
  const entry = { of: '', snapshot, uid };
  return {
    key: `pin ${uid} ${snapshot}`,
    icon: iconOf(state, snapshot, uid),
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
    icon: iconOf(state, '', uid),
    title: entry.title || _('No title'),
    note: workNote(state, uid, viewer) || _('Kept at school'),
    when: size(words, entry.bytes),
    preview: { of: '', snapshot: '', uid },
    marks: [{ sign: 'keep', name: _('Kept at school') }],
    buttons: [fetchButton(uid, viewer)],
    open: null,
  };
}

/** The entry's own icon; the lists of pins do not have it, so that the details are asked for. */
function iconOf(state: State, snapshot: string, uid: string): EntryIcon {
  const details = answerTo(state, { type: 'details', of: '', snapshot, uid });
  const { activity = '', mimeType = '', color = '' } = details ?? {};
  return { activity, mimeType, color };
}
