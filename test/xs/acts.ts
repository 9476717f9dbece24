/**
 * What can be done to a library and killed on the way, by name; and what has to be the same
 * afterwards.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '../../shared/clock.ts';
import { parseRunId, parseUid, type Serial, type Uid } from '../../shared/ids.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { readOffers, withdraw } from '../../xs/class-page/offer-file.ts';
import { switchTo } from '../../xs/class-page/switch.ts';
import { ingest } from '../../xs/ingest/ingest.ts';
import { foldOriginal } from '../../xs/legacy/original.ts';
import { listRaw } from '../../xs/legacy/raw-snapshots.ts';
import { offerVersion, unpinWithdrawn } from '../../xs/pins/offering.ts';
import { listPins, listReleased } from '../../xs/pins/pins.ts';
import { readRecord } from '../../xs/registration/laptop-record.ts';
import { inLaptop, inLibrary, type Paths } from '../../xs/storage/paths.ts';
import {
  listAside,
  listHeld,
  listSnapshots,
  newestSnapshot,
  readManifest,
  type Snapshot,
} from '../../xs/storage/snapshots.ts';
import { listTrash } from '../../xs/storage/trash.ts';
import { readJournal } from '../journal/compare.ts';
import { checkAll } from './check.ts';
import { awayOf, backUp, confirm, ed25519, type Journal, SERIAL, uidOf } from './library.ts';
import { dsaKey, serialOf, type WholeLibrary } from './whole.ts';

/** A Journal that is the same for the same number: each differs from the one before a little. */
export function journalOfDay(day: number, entries = 15): Journal {
  const journal: Journal = new Map();
  for (let n = 0; n < entries; n += 1) {
    // Entry n changes every n-th day or so.
    const version = Math.floor(day / (1 + n));
    const content = n % 6 === 5 ? null : `entry ${n}, version ${version} `.repeat(1 + (n % 9));
    journal.set(uidOf(n), { title: `entry ${n} v${version}`, content });
  }
  return journal;
}

/** An entry that was kept at school and came back, each with a backup; its pin is still there. */
export async function liveWithKept(whole: WholeLibrary, uid: Uid): Promise<void> {
  await liveThrough(whole, 0, 3);
  const [newest] = listSnapshots(whole.library.paths, SERIAL);
  await whole.command('pin', [SERIAL, newest?.name ?? '', uid]);
  const journal = journalOfDay(3);
  const entry = journal.get(uid);
  if (!entry) throw new Error(`there is no entry ${uid}`);
  whole.clock.pass(DAY_MS);
  await backUp(whole, journal.set(uid, awayOf(uid, entry)));
  whole.clock.pass(DAY_MS);
  await backUp(whole, journal.set(uid, entry));
}

/** What is left of a Journal after a reflash. */
export function reflashed(): Journal {
  return new Map([[uidOf(500), { title: 'new', content: 'after the reflash' }]]);
}

/** The same run again: the completion file is still there when the power comes back. */
const RUN = parseRunId('ab'.repeat(16));

const NEWCOMER = serialOf(7);

/** An original client's mirror, after its session made it durable. */
async function foldMirror({ library, context }: WholeLibrary, [day = '0']: string[]) {
  const { original } = inLaptop(library.paths, SERIAL);
  for (const [uid, { title, content }] of journalOfDay(Number(day))) {
    const folder = join(original, uid.slice(0, 2), uid);
    mkdirSync(join(folder, 'metadata'), { recursive: true });
    writeFileSync(join(folder, 'metadata', 'title'), title);
    if (content !== null) writeFileSync(join(folder, 'data'), content);
  }
  execFileSync('sync', ['-f', original]);
  const base = newestSnapshot(library.paths, SERIAL);
  const { completion, folder, remember } = await foldOriginal(
    context,
    SERIAL,
    base,
    RUN,
    async () => {},
  );
  await ingest(context, { serial: SERIAL, completion, folder, source: 'original' });
  rmSync(folder, { recursive: true });
  await remember();
}

const ACTS: Record<string, (whole: WholeLibrary, args: string[]) => Promise<unknown>> = {
  backup: (whole, [day = '0', run = RUN]) =>
    backUp(whole, journalOfDay(Number(day)), SERIAL, parseRunId(run)),
  /** The content of an entry is at school only from now on. */
  keep: async (whole, [day = '0', uid = '']) => {
    const journal = journalOfDay(Number(day));
    const entry = journal.get(parseUid(uid));
    if (!entry) throw new Error(`there is no entry ${uid}`);
    await backUp(whole, journal.set(parseUid(uid), awayOf(parseUid(uid), entry)), SERIAL, RUN);
  },
  reflash: (whole) => backUp(whole, reflashed(), SERIAL, RUN),
  command: (whole, [name = '', ...args]) => whole.command(name, args),
  offer: async ({ library }, [uid = '']) => {
    const snapshot = newestSnapshot(library.paths, SERIAL);
    if (!snapshot) throw new Error('there is no snapshot');
    const of = { nick: 'Jocinta', colors: null, limit: 1e9 };
    offerVersion(library, SERIAL, { snapshot, uid: parseUid(uid), ...of });
  },
  say: async (whole, [word = '']) => {
    switchTo(whole.library.paths, true);
    const [offer] = readOffers(whole.library.paths, SERIAL).offers;
    await whole.command('class-page', [offer?.id ?? '', word]);
  },
  register: async ({ library: { registrations } }) => {
    registrations.register(NEWCOMER, 'Jim', 'uuid', dsaKey(2));
  },
  approve: async ({ library: { registrations } }) => {
    confirm(registrations, SERIAL, ed25519(1));
  },
  alias: async ({ library: { registrations } }) => {
    if (!registrations.get(NEWCOMER)?.alias) registrations.alias(NEWCOMER, SERIAL);
  },
  mirror: foldMirror,
  'take-back': async ({ library }, [uid = '']) => {
    withdraw(library.paths, SERIAL, parseUid(uid));
    unpinWithdrawn(library, SERIAL, parseUid(uid));
  },
};

/** Throws when there is no such act. */
export async function act(whole: WholeLibrary, name: string, args: string[]): Promise<void> {
  const known = ACTS[name];
  if (!known) throw new Error(`there is no act "${name}"`);
  await known(whole, args);
}

/** One backup a day. */
export async function liveThrough(whole: WholeLibrary, from: number, to: number): Promise<void> {
  for (let day = from; day < to; day += 1) {
    whole.clock.pass(DAY_MS);
    await backUp(whole, journalOfDay(day));
  }
}

/**
 * Every complete thing in the library, wherever it lies now (kept, held, pinned, in the trash), with
 * its sums, after sha256sum agreed with them.
 */
export function inventory(paths: Paths, serial: Serial = SERIAL): Map<string, string> {
  const found = new Map<string, string>();
  const trash = listTrash(paths, serial);
  const whole = new Map<string, Snapshot>();
  for (const one of [...listSnapshots(paths, serial), ...listAside(paths, serial)]) {
    whole.set(one.name, one);
  }
  for (const { name, folder } of trash) {
    const manifest = readManifest(folder);
    if (manifest) whole.set(name, { ...manifest, folder });
  }
  const sums = checkAll([...whole.values()]);
  for (const [n, name] of [...whole.keys()].entries()) found.set(name, sums[n] ?? '');
  for (const { name, folder } of trash) {
    if (whole.get(name)?.folder === folder) continue;
    if (name.startsWith('pin-')) found.set(name, files(folder));
    else found.set(`raw ${name}`, rawSums(folder));
  }
  for (const { name, folder } of listRaw(paths, serial)) found.set(`raw ${name}`, rawSums(folder));
  for (const { uid, digest, folder } of [
    ...listPins(paths, serial),
    ...listReleased(paths, serial),
  ]) {
    found.set(`pin-${uid}-${digest}`, files(folder));
  }
  return found;
}

/** Where everything lies: what a person would see. */
export function layout(paths: Paths, serial: Serial = SERIAL): string[] {
  const kept = listSnapshots(paths, serial).map(
    ({ name, sequence }) => `kept ${name} #${sequence}`,
  );
  const held = listHeld(paths, serial).map(({ name, sequence }) => `held ${name} #${sequence}`);
  const trash = listTrash(paths, serial).map(({ name, reason }) => `trash ${name} ${reason}`);
  const pins = listPins(paths, serial).map(({ uid, digest }) => `pin ${uid} ${digest}`);
  const released = listReleased(paths, serial).map(
    ({ uid, digest }) => `released ${uid} ${digest}`,
  );
  const { pinned } = inLaptop(paths, serial);
  const marks = existsSync(pinned) ? readdirSync(pinned).map((name) => `pinned ${name}`) : [];
  const raw = listRaw(paths, serial).map(({ name }) => `raw ${name}`);
  const { offers } = readOffers(paths, serial);
  const offered = offers.map(({ uid, digest, state }) => `${state} ${uid} ${digest}`);
  return [
    ...[serial, NEWCOMER].map((one) => recordOf(paths, one)),
    ...offered,
    ...kept,
    ...held,
    ...trash,
    ...pins,
    ...released,
    ...marks,
    ...raw,
  ].sort();
}

/** Who a laptop is. */
function recordOf(paths: Paths, serial: Serial): string {
  const record = readRecord(paths, serial);
  if (!record) return `${serial} is unknown`;
  const { keys, alias, retired, introduction } = record;
  return `${serial} ${JSON.stringify({ keys, alias, retired, confirmed: introduction?.confirmed })}`;
}

/** Work in progress of a process that is gone; there must be none after the next one. */
export function leftovers(paths: Paths, serial: Serial = SERIAL): string[] {
  const { home, incoming } = inLaptop(paths, serial);
  const { doomed } = inLibrary(paths);
  return [
    ...readdirSync(home).filter((name) => name.startsWith('.tmp') || name.endsWith('.tmp')),
    ...readdirSync(incoming),
    ...(existsSync(doomed) ? readdirSync(doomed) : []),
  ];
}

/** Every file of a raw tree. */
function rawSums(folder: string): string {
  const lines = [...readJournal(folder)].map(
    ([uid, sums]) => `${uid} ${[...sums].sort().join(' ')}`,
  );
  return lines.sort().join('\n');
}

function files(folder: string): string {
  const names = readdirSync(folder).sort();
  if (!names.some((name) => name.endsWith(METADATA_SUFFIX)))
    throw new Error(`${folder} is not whole`);
  return names.map((name) => join(name)).join(' ');
}
