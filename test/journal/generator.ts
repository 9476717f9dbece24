/**
 * Makes a Journal as Sugar's datastore keeps it on disk (layout 6), the same one for the same seed:
 * for the demo, the bench and the tests. And changes one as a child's day at school does.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { KINDS, type Kind, previewPng } from './content.ts';
import { type Random, seededRandom } from './random.ts';

export interface JournalOptions {
  entries: number;
  seed: number;
  /** When the newest entry was made, in seconds since 1970; the others are up to a year older. */
  endTime?: number;
}

/**
 * How many entries are edited, as a number or as a share of all (at least one); every fifth of them
 * brings a new one, every tenth a removal.
 */
export type ChangeOptions = { seed: number } & ({ count: number } | { share: number });

interface NewEntry {
  properties: Map<string, string | Buffer>;
  content: Buffer | null;
}

/** 22 November 2026, 12:00 UTC. */
const END_TIME = 1_795_348_800;
const YEAR = 365 * 24 * 3600;
/** One in so many entries has the very content of another one (a picture passed around). */
const SHARED_ONE_IN = 25;
/** Content above this would be a film; children of eight have few. Bytes. */
const MAX_CONTENT = 4_000_000;

/** Writes `entries` entries below `root`, which may hold others. Returns their uids, in order. */
export function generateJournal(root: string, options: JournalOptions): string[] {
  const random = seededRandom(options.seed);
  const end = options.endTime ?? END_TIME;
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'version'), '6');
  const uids: string[] = [];
  let shared: Buffer | undefined;
  for (let n = 0; n < options.entries; n += 1) {
    const uid = random.uuid();
    const time = end - Math.floor(((options.entries - 1 - n) / options.entries) * YEAR);
    const entry = makeEntry(random, uid, n, time);
    if (entry.content && shared && random.whole(SHARED_ONE_IN) === 0) {
      entry.content = shared;
      entry.properties.set('filesize', String(shared.length));
    }
    if (entry.content && entry.content.length < 200_000) shared = entry.content;
    writeEntry(root, uid, entry);
    uids.push(uid);
  }
  return uids;
}

/** A day at school: some entries are worked on, some are new, a few go. */
export function changeJournal(root: string, options: ChangeOptions): void {
  const { seed } = options;
  const random = seededRandom(`change ${seed}`);
  const uids = listUids(root);
  const count =
    'count' in options ? options.count : Math.max(1, Math.round(uids.length * options.share));
  const time = END_TIME + 3600 + seed;
  const chosen = new Set<string>();
  while (chosen.size < Math.min(count, uids.length)) chosen.add(random.pick(uids));
  for (const uid of chosen) editEntry(root, uid, random, time);
  for (let n = 0; n < Math.floor(count / 5); n += 1) {
    const uid = random.uuid();
    writeEntry(root, uid, makeEntry(random, uid, uids.length + n, time));
  }
  const rest = uids.filter((uid) => !chosen.has(uid));
  for (let n = 0; n < Math.floor(count / 10) && rest.length > 0; n += 1) {
    const uid = rest.splice(random.whole(rest.length), 1)[0] ?? '';
    rmSync(join(root, uid.slice(0, 2), uid), { recursive: true });
  }
}

function makeEntry(random: Random, uid: string, n: number, time: number): NewEntry {
  const kind = pickKind(random);
  const size = Math.min(MAX_CONTENT, Math.round(random.logNormal(14_500, 380_000)));
  const made = kind.make(random, Math.max(40, size));
  const content = made.length === 0 ? null : made;
  const title = `${random.pick(kind.titles)} ${n % 7 === 0 ? '' : n}`.trim();
  const properties = new Map<string, string | Buffer>([
    ['uid', uid],
    ['title', title],
    ['title_set_by_user', String(random.whole(2))],
    ['activity', kind.activity],
    ['activity_id', random.bytes(20).toString('hex')],
    ['mime_type', kind.mimeType],
    ['timestamp', String(time)],
    ['creation_time', String(time - random.whole(86_400 * 20))],
    ['mtime', new Date(time * 1000).toISOString().slice(0, 19)],
    ['filesize', String(content?.length ?? 0)],
    ['icon-color', '#FF2B34,#005FE4'],
    ['keep', n % 11 === 0 ? '1' : '0'],
    ['share-scope', 'private'],
    ['buddies', n % 9 === 0 ? '{"a": ["Jocinta Ñ", "#00A0FF,#8BFF7A"]}' : '{}'],
    ['tags', n % 13 === 0 ? 'río sol\nescuela' : ''],
    ['description', n % 5 === 0 ? 'Hecho en clase\ncon Ana 😀' : ''],
    ['preview', previewPng(random, 1500 + random.whole(6500))],
    ['progress', '100'],
    ['launch-times', `${time - 500}, ${time - 100}`],
    ['spent-times', '400, 100'],
    ['launch_count', String(1 + random.whole(30))],
    ['bundle_id', kind.activity],
  ]);
  return { properties, content };
}

function pickKind(random: Random): Kind {
  const total = KINDS.reduce((sum, { weight }) => sum + weight, 0);
  let at = random.whole(total);
  for (const kind of KINDS) {
    at -= kind.weight;
    if (at < 0) return kind;
  }
  throw new Error('weights do not add up');
}

/** As the datastore does on `update`: properties by rename, content as a new inode. */
function editEntry(root: string, uid: string, random: Random, time: number): void {
  const folder = join(root, uid.slice(0, 2), uid);
  const data = join(folder, 'data');
  const properties = new Map<string, string | Buffer>([
    ['timestamp', String(time)],
    ['mtime', new Date(time * 1000).toISOString().slice(0, 19)],
    ['launch_count', String(31 + random.whole(1000))],
    ['preview', previewPng(random, 1500 + random.whole(6500))],
  ]);
  let content: Buffer | null = null;
  if (existsSync(data)) {
    const old = readFileSync(data);
    const at = random.whole(old.length + 1);
    content = Buffer.concat([old.subarray(0, at), random.bytes(40), old.subarray(at)]);
    properties.set('filesize', String(content.length));
  }
  writeEntry(root, uid, { properties, content });
}

function writeEntry(root: string, uid: string, { properties, content }: NewEntry): void {
  const folder = join(root, uid.slice(0, 2), uid);
  const metadata = join(folder, 'metadata');
  mkdirSync(metadata, { recursive: true });
  for (const [name, value] of properties) {
    const path = join(metadata, name);
    if (!existsSync(path)) {
      writeFileSync(path, value);
      continue;
    }
    writeFileSync(join(metadata, `.${name}`), value);
    renameSync(join(metadata, `.${name}`), path);
  }
  if (content) {
    const temporary = `${root}.content`;
    writeFileSync(temporary, content);
    renameSync(temporary, join(folder, 'data'));
  }
}

function listUids(root: string): string[] {
  return readdirSync(root)
    .filter((prefix) => prefix.length === 2)
    .flatMap((prefix) => readdirSync(join(root, prefix)))
    .filter((name) => name.length === 36)
    .sort();
}
