/** What rows and pages of entries share: gestures, and what is going on with an entry. */
import { isOpen } from '../../state/agent.ts';
import type { EntryRow } from '../../state/answers.ts';
import type { State } from '../../state/state.ts';
import type { ButtonModel, Viewer } from '../body.ts';
import { whyNow } from '../reasons.ts';

/** What a job is doing with this entry, or why it waits; empty without a job. */
export function workNote(state: State, uid: string, viewer: Viewer): string {
  const job = Object.values(state.jobs).find((one) => one.entry === uid && isOpen(one));
  if (!job) return '';
  const [reason] = job.state === 'waiting' ? job.reasons : [];
  if (reason === undefined) return viewer.words._('It is on its way.');
  return whyNow(state, reason, viewer).title;
}

/** What can be done with an entry. Only this laptop's own entries can be pinned or kept at school. */
export function entryButtons(
  state: State,
  { uid, title, pinned, here }: Pick<EntryRow, 'uid' | 'title' | 'pinned' | 'here'>,
  { of, snapshot }: { of: string; snapshot: string },
  viewer: Pick<Viewer, 'words'>,
): ButtonModel[] {
  // Only the school has its content: it can be fetched back, and nothing else.
  if (here === 'kept') return [fetchButton(uid, viewer)];
  const bring = bringBack({ of, snapshot, uid }, viewer);
  if (of !== '') return [bring];
  const pin = pinButton(state.pinning[uid] ?? pinned, snapshot, uid, title, viewer);
  // What is unchanged here need not use disk space on the laptop.
  return here === 'same' ? [bring, pin, keepButton(uid, viewer)] : [bring, pin];
}

function keepButton(uid: string, { words: { _ } }: Pick<Viewer, 'words'>): ButtonModel {
  return {
    ...{ icon: { own: 'keep' }, label: _('Keep at school') },
    event: { type: 'act', act: { type: 'keep', uid } },
  };
}

/** Brings the content back that only the school has. */
export function fetchButton(uid: string, { words: { _ } }: Pick<Viewer, 'words'>): ButtonModel {
  return {
    ...{ icon: { own: 'fetch' }, label: _('Fetch back') },
    event: { type: 'act', act: { type: 'fetch', uid } },
  };
}

/** Brings the entry back under its own id, or beside a newer one: nothing is overwritten. */
export function bringBack(
  entry: { of: string; snapshot: string; uid: string },
  { words: { _ } }: Pick<Viewer, 'words'>,
): ButtonModel {
  return {
    icon: { own: 'bring' },
    label: _('Bring back'),
    event: { type: 'act', act: { type: 'bring-back', ...entry } },
  };
}

export function pinButton(
  pinned: boolean,
  snapshot: string,
  uid: string,
  title: string,
  { words: { _ } }: Pick<Viewer, 'words'>,
): ButtonModel {
  if (pinned) {
    return {
      icon: { own: 'pinned' },
      label: _('Unpin'),
      event: { type: 'act', act: { type: 'unpin', uid, title } },
    };
  }
  return {
    icon: { own: 'pin' },
    label: _('Pin'),
    event: { type: 'act', act: { type: 'pin', snapshot, uid } },
  };
}
