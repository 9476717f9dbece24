/**
 * What becomes of a pin, unpin or offer to the class that could not be sent: pure, and the same for one that is
 * sent while the child looks on, and for those that were noted.
 */
import type { ErrorCode } from '../../shared/errors.ts';

/**
 * `refused`: the school will never take it; its note goes, those behind it are sent, and the child is told.
 * `later`: nothing is said about the pin itself; it is noted and tried again. `told`: it is tried again only when
 * somebody asks, and the child is told.
 */
export type PinFate = 'refused' | 'later' | 'told';

const FATES: Readonly<Record<ErrorCode, PinFate>> = {
  'not-found': 'refused',
  'bad-input': 'refused',
  'bad-id': 'refused',
  'over-quota': 'refused',
  'only-copy': 'refused',
  damaged: 'refused',
  'server-unreachable': 'later',
  'server-busy': 'later',
  'server-trouble': 'later',
  'server-full': 'later',
  transfer: 'later',
  'not-registered': 'later',
  'pending-approval': 'later',
  busy: 'later',
  cancelled: 'later',
  'server-refused': 'told',
  'untrusted-server': 'told',
  'key-taken': 'told',
  'laptop-full': 'told',
  'laptop-read-only': 'told',
  battery: 'told',
  unreadable: 'told',
  datastore: 'told',
  'program-failed': 'told',
  'missing-tool': 'told',
  config: 'told',
  usage: 'told',
  internal: 'told',
};

export function fateOfPin(code: ErrorCode): PinFate {
  return FATES[code];
}

/** An offer is made of an entry as it is in the Journal, which nobody may be able to read. */
const OFFER_FATES: typeof FATES = { ...FATES, unreadable: 'refused' };

export function fateOfOffer(code: ErrorCode): PinFate {
  return OFFER_FATES[code];
}
