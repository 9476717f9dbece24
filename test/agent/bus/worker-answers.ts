/**
 * What a made-up worker answers, by act: one plausible row of everything.
 */
import { uidOf } from '../journal/journal.ts';

const UID = uidOf(0);
const SNAPSHOT = 'datastore-2026-11-20_09:30';
const ENTRY = {
  ...{ uid: UID, digest: '0'.repeat(64), title: 'My house', 'mime-type': 'text/plain' },
  ...{ activity: 'org.laptop.Pippy', color: '#FF2B34,#005FE4', timestamp: 1_700_000_000 },
  ...{ bytes: 900, pinned: false, here: 'same', extra: 'clients never see this' },
};

export const WORKER_ANSWERS = {
  facts: {
    ...{ serial: 'CSN74803BB1', server: 'http://schoolserver', registration: 'accepted' },
    ...{ pairingCode: '', lastSnapshot: SNAPSHOT, total: 2, safe: 1 },
    ...{ toSend: 1, problems: 0 },
    unfinished: [{ of: '', snapshot: SNAPSHOT, restored: 1, entries: 2 }],
  },
  laptops: [{ serial: 'CSN74803BB1', nick: 'Ana', color: '', replaced: false }],
  snapshots: [{ snapshot: SNAPSHOT, created: 1_700_000_000, entries: 2, bytes: 1800 }],
  entries: { total: 1, entries: [ENTRY] },
  details: {
    ...{ ...ENTRY, description: 'a house', tags: '', created: 1_700_000_000 },
    versions: [[SNAPSHOT, 1_700_000_000, '0'.repeat(64)]],
    'class-page': 'none',
  },
  preview: Buffer.from('a picture').toString('base64'),
  plan: {
    ...{ snapshot: SNAPSHOT, entries: 1, bytes: 900, here: 1, beside: 0, free: 1e9 },
    samples: [UID],
  },
  pins: {
    pins: [{ uid: UID, snapshot: SNAPSHOT, title: null, bytes: 900, pinned: 1_700_000_000 }],
    ...{ bytes: 900, limit: 4_000_000 },
  },
  'class-offers': [
    { uid: UID, digest: '0'.repeat(64), snapshot: SNAPSHOT, title: 'My house', state: 'offered' },
  ],
  offer: 'offered',
  'send-offers': { states: { [UID]: 'offered' }, waiting: [], refused: [] },
  'take-back': null,
  kept: [{ uid: UID, title: 'A long film', bytes: 44_000_000 }],
  census: [
    { uid: UID, state: 'problem', problem: 'x', advice: 'y' },
    { uid: UID, state: 'safe', digest: '0'.repeat(64), snapshot: SNAPSHOT },
  ],
  'web-link': 'http://schoolserver/ds-restore/?x=1',
  'forget-restore': null,
  'send-pins': [],
};
