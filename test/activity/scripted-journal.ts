/**
 * The made-up Journal of the scripted agent: its entries and snapshots, as plain data.
 */
import { packRow } from '../../shared/backup-bus.ts';

export const DAY = 86_400;
const TITLES = [
  'Mi casa',
  'Volcán',
  'TurtleArt',
  'La luna y el sol',
  'Ana y Luis',
  'Río',
  'My dog',
];
const KINDS = [
  ['org.laptop.WebActivity', 'text/html'],
  ['org.laptop.AbiWordActivity', 'application/vnd.oasis.opendocument.text'],
  ['org.laptop.Pippy', 'text/x-python'],
  ['', 'image/png'],
  ['', 'audio/ogg'],
  ['org.laptop.Calculate', 'text/plain'],
] as const;
const COLORS = ['#FF2B34,#005FE4', '#00A0FF,#8BFF7A', '#FFC169,#FFFA00', '#9900E6,#F8E800'];

export interface Entry {
  uid: string;
  title: string;
  kind: number;
  timestamp: number;
  bytes: number;
  pinned: boolean;
  here: string;
  /** What became of it on the class page; absent where it was not offered. */
  offered?: string;
}

/** Seconds since 1970. */
export const now = () => Math.floor(Date.now() / 1000);

export function makeEntries(count: number): Entry[] {
  return Array.from({ length: count }, (_, n) => ({
    uid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    title: `${TITLES[n % TITLES.length]} ${n % 3 === 0 ? '' : n}`.trim(),
    kind: n % KINDS.length,
    timestamp: now() - Math.floor((n * n * 60) / 7) - 90,
    bytes: 900 + ((n * 7919) % 300_000),
    pinned: n % 9 === 2,
    here: ['same', 'same', 'different', 'absent'][n % 4] ?? 'same',
  }));
}

/** An entry as a row of `ListEntries`. */
export function rowOf(entry: Entry): ReturnType<typeof packRow> {
  const [activity, mimeType] = KINDS[entry.kind] ?? KINDS[0];
  const color = COLORS[entry.kind % COLORS.length];
  const more = { digest: '0'.repeat(64), 'mime-type': mimeType, activity, color };
  return packRow('entry', { ...entry, ...more });
}

/** The snapshot of that day, counted back from today. */
export function snapshotOf(daysBack: number): string {
  const day = new Date((now() - daysBack * DAY) * 1000).toISOString();
  return `datastore-${day.slice(0, 10)}_${day.slice(11, 16)}`;
}
