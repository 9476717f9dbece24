// weight: 20
/**
 * Every kind of file and folder of the server, damaged in every way: the library opens, another laptop
 * backs up, and what is wrong is healed or named. Nothing is called safe that is not. The kinds are found
 * on the disk, so a new one is in the table by itself. In the suite each kind has one of the ways, in turn.
 */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../shared/clock.ts';
import type { Status } from '../../xs/admin/status.ts';
import { hostKey, hostKeyPublic, inLaptop, type Paths } from '../../xs/storage/paths.ts';
import { listSnapshots } from '../../xs/storage/snapshots.ts';
import { soak } from '../soak.ts';
import { checkSnapshot, checkSnapshots } from './check.ts';
import { run } from './commands/told.ts';
import { drawings } from './integrity/damage-library.ts';
import { backUp, SERIAL, sendEntry, uidOf } from './library.ts';
import { dsaKey, openWhole, serialOf, testClock, type WholeLibrary } from './whole.ts';

const test = suite('every kind of file and folder, damaged in every way');

const OTHER = serialOf(2);
const START = '2026-03-02T08:00:00Z';
const AFTER = '2026-03-12T08:00:00Z';
/** A copy of the library for each case: it has to be small. */
const SETTINGS = '[quota]\nreserveMiB = 1\n';
/** Memory, where it is: each case writes hundreds of files durably. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** Root may do anything: the service is somebody else. */
const ORDINARY_UID = 64_998;
const isRoot = process.getuid?.() === 0;

type Spoil = (path: string, isFolder: boolean) => void;
const WAYS: [name: string, spoil: Spoil][] = [
  ['missing', (path) => rmSync(path, { recursive: true })],
  ['empty', makeEmpty],
  ['cut', cut],
  ['flipped', flip],
  ['no rights', (path) => chmodSync(path, 0)],
  ['wrong type', mistype],
  [
    'a link to nowhere',
    (path) => {
      rmSync(path, { recursive: true });
      symlinkSync('/nowhere', path);
    },
  ],
];

function makeEmpty(path: string, isFolder: boolean): void {
  rmSync(path, { recursive: true });
  if (isFolder) mkdirSync(path);
  else writeFileSync(path, '');
}

function cut(path: string, isFolder: boolean): void {
  const rest = isFolder ? readdirSync(path).slice(1) : [];
  for (const name of rest) rmSync(join(path, name), { recursive: true });
  if (!isFolder) truncateSync(path, Math.floor(lstatSync(path).size / 2));
}

function flip(path: string, isFolder: boolean): void {
  if (isFolder) return;
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ 4;
  const { mode } = lstatSync(path);
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
  chmodSync(path, mode);
}

function mistype(path: string, isFolder: boolean): void {
  rmSync(path, { recursive: true });
  if (isFolder) writeFileSync(path, 'a file');
  else {
    mkdirSync(path);
    writeFileSync(join(path, 'something'), 'else');
  }
}

/** The same name for all files that are of one kind. */
function kindOf(path: string): string {
  return path
    .replaceAll(SERIAL, 'SERIAL')
    .replaceAll(OTHER, 'OTHER')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/[0-9a-f]{64}/g, 'DIGEST')
    .replace(/\/\.pool\/[0-9a-f]{2}/, '/.pool/XX')
    .replace(/datastore-20[\d_:-]+/g, 'SNAPSHOT')
    .replace(/inode-\d+/, 'inode-N')
    .replace(/~.*(?=~)~\d+/, '~REMOVED')
    .replace(/\d{4}-\d\d\.jsonl/, 'MONTH.jsonl');
}

function* walk(folder: string, below = ''): Generator<string> {
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const path = `${below}/${entry.name}`;
    yield path;
    if (entry.isDirectory()) yield* walk(folder, path);
  }
}

/** A school with all that a library can hold. */
async function fill(whole: WholeLibrary): Promise<void> {
  const { library, clock } = whole;
  library.registrations.register(OTHER, 'Jim', 'uuid 2', dsaKey(2));
  for (let day = 1; day < 4; day += 1) {
    await backUp(whole, drawings(3 + day));
    await backUp(whole, drawings(4, 'his'), OTHER);
    clock.pass(DAY_MS);
  }
  const name = listSnapshots(library.paths, SERIAL)[0]?.name ?? '';
  for (const n of [1, 2]) await whole.command('pin', [SERIAL, name, uidOf(n)]);
  await whole.command('unpin', [SERIAL, uidOf(2)]);
  await whole.command('pin', [SERIAL, name]);
  await library.checker.checkAll();
  await whole.command('cleanup');
  const moodle = {
    issuer: 'http://box.lan/moodle',
    client: 'c',
    deployment: '1',
    auth: 'http://b/',
  };
  const { platform } = library.moodle.add({
    ...moodle,
    keys: [{ kid: 'k', n: 'AQAB', e: 'AQAB' }],
  });
  library.moodle.bind({ platform: platform.id, sub: '4', name: null, serial: SERIAL });
  for (const path of [hostKey(library.paths), hostKeyPublic(library.paths)]) {
    writeFileSync(path, 'a key', { mode: 0o600 });
  }
}

/** A laptop that sends again what it is asked for. */
async function backUpAll(whole: WholeLibrary, serial = SERIAL): Promise<string> {
  const journal = serial === OTHER ? drawings(5, 'his') : drawings(7);
  for (let n = 0; n < 3; n += 1) {
    const outcome = await backUp(whole, journal, serial);
    if (outcome.state !== 'missing') return outcome.state;
    for (const uid of outcome.missing) {
      const entry = journal.get(uid);
      if (entry) sendEntry(inLaptop(whole.library.paths, serial).incoming, uid, entry);
    }
  }
  return 'missing';
}

/** An older snapshot that is gone as a whole is missed by nobody. */
const isWhole = (paths: Paths, serial: typeof SERIAL): boolean =>
  isSound(() => assert.ok(Math.max(...checkSnapshots(paths, serial).keys()) >= 3));

/** The kinds of what the status complains about, and whose; and what it ends with. */
async function statusOf(whole: WholeLibrary) {
  whole.library.timeline.observe();
  const { text, exit } = await run(whole, 'status', [], { json: true });
  const { concerns, damagedLaptops, waitingKeys, laptops } = JSON.parse(text) as Status & {
    concerns: string[];
  };
  const serials = (all: readonly { serial: string }[]) => all.map(({ serial }) => serial);
  const never = laptops.filter(({ standing }) => standing === 'never');
  const named = [...serials(damagedLaptops), ...serials(waitingKeys), ...serials(never)];
  return { concerns, exit, damaged: serials(damagedLaptops), named };
}

/** What somebody who wants her days back is told: never that they are whole where the judge says no. */
async function checkTold(whole: WholeLibrary, out: string): Promise<void> {
  const { paths } = whole.library;
  const days = listSnapshots(paths, SERIAL);
  const bad = days.filter((day) => !isSound(() => checkSnapshot(day)));
  if (bad.length === 0) return;
  const verified = await run(whole, 'verify', [SERIAL]);
  assert.is(verified.exit, 1, `verify says that all is whole: ${verified.text}`);
  const [newest] = days;
  if (!newest || !bad.includes(newest)) return;
  const exported = await run(whole, 'export', [SERIAL, newest.name, out], { 'keep-going': true });
  assert.is.not(exported.exit, 0, `export gives it as whole: ${exported.text}`);
}

function isSound(look: () => unknown): boolean {
  try {
    look();
    return true;
  } catch {
    return false;
  }
}

type Outcome = 'healed' | 'named' | 'refused';

/** What was damaged, and how it is looked for. */
interface Case {
  /** In a folder of the laptop, so that it is that one which has to be named. */
  isHers: boolean;
  /** Only reading everything finds content that changed where nobody wrote. */
  scrub: boolean;
}

/** What became of it; `usual` are complaints about a library that is whole. Throws when it is neither. */
async function outcomeOf(
  folder: string,
  usual: readonly string[],
  { isHers, scrub }: Case,
): Promise<Outcome> {
  let whole: WholeLibrary;
  try {
    whole = await openWhole(SETTINGS, { folder, clock: testClock(AFTER) });
  } catch (error) {
    // With a way out, and only where the library or the state is another disk's.
    const { code, hint } = error as { code?: string; hint?: string };
    if (code === 'config' && /library-id|mount/.test(hint ?? '')) return 'refused';
    throw error;
  }
  await using _whole = whole;
  const { paths } = whole.library;
  if (scrub) await whole.command('scrub', [], { all: true });
  await whole.library.checker.checkAll();
  const { concerns, damaged, named: laptops, exit } = await statusOf(whole);
  const named = concerns.filter((one) => !usual.includes(one));
  assert.equal(
    damaged.filter((serial) => serial !== SERIAL),
    [],
    'nobody else is named',
  );
  await checkTold(whole, join(folder, 'out'));
  assert.is(await backUpAll(whole, OTHER), 'done', 'the other laptop backs up');
  assert.ok(isWhole(paths, OTHER), 'and is whole');
  await whole.command('cleanup');
  if (named.length > 0) {
    assert.is(exit, 3, 'a script is told');
    if (isHers) assert.ok(laptops.includes(SERIAL), `her laptop is named, not only ${named}`);
    return 'named';
  }
  assert.ok(isWhole(paths, SERIAL), 'what nobody complains about is whole');
  assert.is(await backUpAll(whole), 'done', 'its laptop backs up');
  return 'healed';
}

async function asOrdinary<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot) return work();
  process.setegid?.(ORDINARY_UID);
  process.seteuid?.(ORDINARY_UID);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

/** One path of each kind. */
function kindsIn(template: string): Map<string, string> {
  const kinds = new Map<string, string>();
  for (const path of walk(template)) {
    const kind = kindOf(path);
    if (!/OTHER|config\.toml|\/run\//.test(kind) && !kinds.has(kind)) kinds.set(kind, path);
  }
  return kinds;
}

/** Damages a copy of the template; `undefined` where this way means nothing for such a file. */
async function tryCase(
  template: string,
  copy: string,
  [path, way, spoil]: [path: string, way: string, spoil: Spoil],
  usual: readonly string[],
): Promise<Outcome | undefined> {
  const stat = lstatSync(join(template, path));
  if (stat.isSymbolicLink() && way !== 'missing' && way !== 'wrong type') return undefined;
  execFileSync('cp', ['-a', template, copy]);
  try {
    spoil(join(copy, path), stat.isDirectory());
    if (isRoot && way !== 'no rights') {
      execFileSync('chown', ['-Rh', `${ORDINARY_UID}:${ORDINARY_UID}`, copy]);
    }
    const isContent = stat.isFile() && stat.nlink > 1;
    const scrub = isContent && ['flipped', 'cut'].includes(way);
    const isHers = path.startsWith(`/library/${SERIAL}`);
    return await asOrdinary(() => outcomeOf(copy, usual, { isHers, scrub }));
  } finally {
    execFileSync('rm', ['-rf', copy]);
  }
}

test('the table', async () => {
  const folder = mkdtempSync(join(PLACE, 'ds-table-'));
  const [template, copy] = [join(folder, 'template'), join(folder, 'copy')];
  const counts = { healed: 0, named: 0, refused: 0 };
  const wrong: string[] = [];
  try {
    mkdirSync(template);
    if (isRoot) execFileSync('chown', ['-R', `${ORDINARY_UID}:${ORDINARY_UID}`, folder]);
    const usual = await asOrdinary(async () => {
      {
        await using whole = await openWhole(SETTINGS, {
          folder: template,
          clock: testClock(START),
        });
        await fill(whole);
      }
      await using whole = await openWhole(SETTINGS, { folder: template, clock: testClock(AFTER) });
      return (await statusOf(whole)).concerns;
    });
    const kinds = [...kindsIn(template)];
    for (const [n, [kind, path]] of kinds.entries()) {
      for (const [m, [way, spoil]] of WAYS.entries()) {
        if (!soak(true, n % WAYS.length === m)) continue;
        try {
          const outcome = await tryCase(template, copy, [path, way, spoil], usual);
          if (outcome) counts[outcome] += 1;
        } catch (error) {
          wrong.push(`${kind} ${way}: ${(error as Error).message.split('\n')[0]}`);
        }
      }
    }
    console.log(`${kinds.length} kinds: ${JSON.stringify(counts)}, ${wrong.length} wrong`);
    assert.is(wrong.join('\n'), '');
  } finally {
    execFileSync('rm', ['-rf', folder]);
  }
});

test.run();
