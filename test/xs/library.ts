/**
 * A library in a temporary folder, without a service: for tests of what the service does to it.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Clock, realClock } from '../../shared/clock.ts';
import {
  type Digest,
  newRunId,
  parseSerial,
  parseUid,
  type RunId,
  type Serial,
  type Uid,
} from '../../shared/ids.ts';
import { digestOf, encodeEntry } from '../../shared/journal/entry.ts';
import { formatKeptMark, KEPT_PROPERTY, type KeptMark } from '../../shared/journal/kept.ts';
import { difference, stateDigest } from '../../shared/journal/sums.ts';
import { type Log, silentLog } from '../../shared/log.ts';
import type { Completion } from '../../shared/protocol/messages.ts';
import { Faults } from '../../xs/ground/faults.ts';
import { type Ingested, ingest } from '../../xs/ingest/ingest.ts';
import type { IngestContext } from '../../xs/ingest/ingest-context.ts';
import { Checker } from '../../xs/integrity/checker.ts';
import { Audit } from '../../xs/registration/audit.ts';
import type { KeyDecision } from '../../xs/registration/key-decision.ts';
import { type NewcomerRules, Newcomers } from '../../xs/registration/newcomers.ts';
import { Registrations } from '../../xs/registration/registration.ts';
import { Timeline } from '../../xs/retention/timeline.ts';
import {
  makeLaptopFolders,
  makeServiceFolders,
  type Ownership,
} from '../../xs/storage/ownership.ts';
import { inLaptop, type Paths } from '../../xs/storage/paths.ts';
import { openPool } from '../../xs/storage/pool.ts';
import {
  baseSnapshot,
  newestSnapshot,
  readVersions,
  type Snapshot,
} from '../../xs/storage/snapshots.ts';

export const SERIAL = parseSerial('CSN74803BB1');

export interface TestLibrary extends Disposable {
  folder: string;
  paths: Paths;
  ownership: Ownership;
  context: IngestContext;
  /** Adds a laptop's folders. */
  addLaptop(serial: Serial): void;
}

export interface LibraryOptions {
  maxLinks?: number;
  clock?: Clock;
}

export function makeLibrary(options: LibraryOptions = {}): TestLibrary {
  const folder = mkdtempSync(join(tmpdir(), 'ds-library-'));
  chmodSync(folder, 0o711);
  return openLibrary(folder, options);
}

/** Lets other users reach the library; the folder around it is `/tmp` where a test runs on its own. */
export function letOthersIn({ folder }: Pick<TestLibrary, 'folder'>): void {
  const parent = dirname(folder);
  const { mode } = statSync(parent);
  if ((mode & 0o011) !== 0o011) chmodSync(parent, (mode & 0o7777) | 0o011);
}

/** The library in a folder, as a service finds it that starts again. */
export function openLibrary(folder: string, options: LibraryOptions = {}): TestLibrary {
  const paths: Paths = {
    library: join(folder, 'library'),
    completion: join(folder, 'completion'),
    state: join(folder, 'state'),
  };
  const uid = process.getuid?.() ?? 0;
  const ownership: Ownership = {
    ownUid: uid,
    sessionUid: uid,
    sessionGid: process.getgid?.() ?? 0,
  };
  makeServiceFolders(ownership, paths, new Faults(silentLog));
  const pool = openPool(paths, ownership, options.maxLinks);
  const clock = options.clock ?? realClock;
  const context: IngestContext = {
    ...{ paths, ownership, log: silentLog, env: process.env, clock, pool },
    timeline: new Timeline(paths, clock),
    checker: new Checker({ paths, pool, clock, log: silentLog }),
    guard: { lostPercent: 50, minEntries: 10 },
    index: { reindex: async () => {} },
    successes: { note: async () => {} },
  };
  const addLaptop = (serial: Serial) => makeLaptopFolders(ownership, paths, serial);
  addLaptop(SERIAL);
  const dispose = () => rmSync(folder, { recursive: true, force: true });
  return { folder, paths, ownership, context, addLaptop, [Symbol.dispose]: dispose };
}

export function uidOf(n: number): Uid {
  return parseUid(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);
}

/** The registrations of a library, as open as a new server is unless the rules say otherwise. */
export function openRegistrations(
  { paths, ownership }: Pick<TestLibrary, 'paths' | 'ownership'>,
  options: { rules?: Partial<NewcomerRules>; clock?: Clock; log?: Log } = {},
): Registrations {
  const { clock = realClock, log = silentLog, rules } = options;
  const limits = { policy: 'open', perHour: 300, perAddress: 30, maxLaptops: 2000 } as const;
  const newcomers = new Newcomers(clock, { ...limits, ...rules });
  const audit = new Audit({ paths, clock, log });
  return new Registrations({ paths, ownership, clock, log, newcomers, audit });
}

/** Offers an agent's key as a laptop does after an introduction with this code. */
export function enrol(
  registrations: Registrations,
  serial: Serial,
  uuid: string,
  key: string,
  { color, code = '123456', address = '10.0.0.7' }: EnrolOptions = {},
): KeyDecision {
  const codes = { code, answer: '654321' };
  return registrations.enrol(serial, { uuid, key, codes, address, color });
}

export interface EnrolOptions {
  color?: string | undefined;
  code?: string;
  address?: string;
}

/** Gives a laptop a key of its own, whose digits a teacher has compared. */
export function confirm(registrations: Registrations, serial: Serial, key: string): void {
  enrol(registrations, serial, 'uuid', key);
  registrations.approvals.byCode(serial, '123456');
}

/** An ed25519 key of the right shape whose every byte is `n`. */
export function ed25519(n: number): string {
  const type = Buffer.from('ssh-ed25519');
  const part = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return `ssh-ed25519 ${Buffer.concat([part(type), part(Buffer.alloc(32, n))]).toString('base64')}`;
}

/** A Journal in memory: uid → what is in it. */
export type Journal = Map<Uid, JournalEntry>;

export interface JournalEntry {
  title: string;
  content: string | Buffer | null;
  properties?: Record<string, string | Buffer>;
}

/** Puts one entry's files where a laptop's rsync would. */
export function sendEntry(incoming: string, uid: Uid, entry: JournalEntry): Digest {
  const bytes = metadataOf(entry);
  writeFileSync(join(incoming, `${uid}.metadata`), bytes);
  if (entry.content !== null) writeFileSync(join(incoming, uid), entry.content);
  return digestOf(bytes);
}

export function metadataOf(entry: JournalEntry): Buffer {
  const content =
    entry.content === null
      ? null
      : { digest: digestOf(entry.content), size: Buffer.byteLength(entry.content) };
  const texts = Object.entries({ title: entry.title, ...entry.properties });
  const properties = new Map(texts.map(([name, value]) => [name, Buffer.from(value)]));
  return encodeEntry({ content, properties });
}

/** The same entry when its content is kept at school. */
export function awayOf(uid: Uid, entry: JournalEntry, mark: Partial<KeptMark> = {}): JournalEntry {
  const { title, content } = entry;
  const text = formatKeptMark({
    ...{
      uid,
      serial: SERIAL,
      digest: digestOf(metadataOf(entry)),
      content: digestOf(content ?? ''),
    },
    ...{
      bytes: Buffer.byteLength(content ?? ''),
      title,
      shown: `${title} (at school)`,
      pinned: true,
    },
    ...mark,
  });
  return { title: `${title} (at school)`, content: '', properties: { [KEPT_PROPERTY]: text } };
}

/** The completion file a correct laptop would send for this Journal. */
export function completionFor(
  { context: { paths } }: Pick<TestLibrary, 'context'>,
  journal: Journal,
  serial: Serial = SERIAL,
): Completion {
  const newest = baseSnapshot(paths, serial);
  const before = newest ? readVersions(newest) : new Map<Uid, Digest>();
  const now = new Map([...journal].map(([uid, entry]) => [uid, digestOf(metadataOf(entry))]));
  const { changed, removed } = difference(before, now);
  return {
    format: 'ds-backup-completion',
    version: 1,
    serial,
    run: newRunId(),
    agent: 'test',
    base: newest ? { sequence: newest.sequence, state: newest.state } : null,
    changed: [...changed],
    removed,
    state: stateDigest(now),
    entries: now.size,
  };
}

/** Sends what changed and has it ingested, as one run of a correct laptop. */
export async function backUp(
  library: Pick<TestLibrary, 'context'>,
  journal: Journal,
  serial: Serial = SERIAL,
  run: RunId = newRunId(),
): Promise<Ingested> {
  const { incoming } = inLaptop(library.context.paths, serial);
  mkdirSync(incoming, { recursive: true });
  const completion = { ...completionFor(library, journal, serial), run };
  for (const [uid] of completion.changed) {
    const entry = journal.get(uid);
    if (entry) sendEntry(incoming, uid, entry);
  }
  return ingest(library.context, { serial, completion, folder: incoming, source: 'agent' });
}

export function newest(library: TestLibrary, serial: Serial = SERIAL): Snapshot {
  const manifest = newestSnapshot(library.paths, serial);
  if (!manifest) throw new Error('there is no snapshot');
  return manifest;
}
