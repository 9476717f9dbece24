/** A child moves to another school, and back. */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { chainOf } from '../../../xs/registration/aliases.ts';
import { inLibrary } from '../../../xs/storage/paths.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { refusedLater } from '../../shared/refused.ts';
import { inventory, journalOfDay } from '../acts.ts';
import { backUp, SERIAL } from '../library.ts';
import { dsaKey, serialOf, type WholeLibrary } from '../whole.ts';
import { OLDER, transfer, twoSchools } from './schools.ts';

const test = suite('transfer');

/** Every name in a library, with size and inode, but for what a waiting lock leaves. */
function everything({ library }: WholeLibrary): string[] {
  const root = library.paths.library;
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('.arrivals') && !name.startsWith('.audit'))
    .map((name) => `${name} ${lstatSync(join(root, name)).ino}`)
    .sort();
}

test('snapshots, pins, aliases and what is held aside arrive whole, and wait for a yes', async () => {
  await using schools = await twoSchools();
  const { from, to, stick } = schools;
  const sums = [SERIAL, OLDER].map((one) => inventory(from.library.paths, one));
  const printed = await transfer(from, ['out', SERIAL, stick]);
  assert.match(printed, /^6 snapshots, .*\n.*transfer in FOLDER.*\n.*unretire CSN74803BB1/);
  assert.not.equal(from.library.registrations.get(SERIAL)?.retired, null, 'out of use there');
  assert.equal(inventory(from.library.paths), sums[0], 'and all of it stays');

  const before = everything(to);
  await transfer(to, ['in', stick]);
  assert.equal(everything(to), before, 'nothing is hers yet');
  assert.match(await to.command('status'), /1 child comes from another school: Jocinta/);
  assert.match(
    await to.command('arrivals'),
    /CSN74803BB1 +Jocinta +sent .* 6 snapshots .* 2 laptops/,
  );
  await to.command('arrivals', [SERIAL, 'welcome']);
  assert.equal(
    [SERIAL, OLDER].map((one) => inventory(to.library.paths, one)),
    sums,
  );
  const { registrations, paths } = to.library;
  assert.equal(chainOf(SERIAL, registrations.bySerial()), [OLDER]);
  assert.is(registrations.get(SERIAL)?.keys.own, null, 'a teacher compares its key');
  assert.not.match(await to.command('status'), /another school|damaged/);
  assert.not(existsSync(inLibrary(paths).arrival(SERIAL)));
  assert.equal(newestSnapshot(paths, SERIAL)?.sequence, 4);
  await to.command('cleanup');
  assert.match(await to.command('quota'), /CSN74803BB1 +Jocinta +[1-9].* of /);
  assert.match(await to.command('pins', [SERIAL]), /entry 1/);
  assert.equal(inventory(paths).size, sums[0]?.size, 'nothing of it is old because it came');
  const report = await backUp(to, journalOfDay(9));
  assert.is(report.state, 'done', 'her laptop goes on');
});

test('a laptop that could not be retired is told: it would go on backing up here', async () => {
  await using schools = await twoSchools();
  const { from, stick } = schools;
  const out = transfer(from, ['out', SERIAL, stick], {}, ['retire']);
  const { hint } = await refusedLater(
    out,
    'program-failed',
    /"xs-backup retire CSN74803BB1" failed/,
  );
  assert.match(hint ?? '', /CSN74803BB1 still backs up here/);
});

test('a yes is taken back for thirty days, a no as well', async () => {
  await using schools = await twoSchools();
  const { from, to, stick } = schools;
  await transfer(from, ['out', SERIAL, stick]);
  await transfer(to, ['in', stick]);
  await to.command('arrivals', [SERIAL, 'decline']);
  await refusedLater(to.command('arrivals', [SERIAL, 'welcome']), 'not-registered');
  to.clock.pass(20 * DAY_MS);
  await to.command('cleanup');
  await to.command('undelete', [SERIAL, 'arrival']);
  const came = await to.command('arrivals', [SERIAL, 'welcome']);
  assert.match(came, /undo/);
  to.clock.pass(20 * DAY_MS);
  const there = [SERIAL, OLDER].map((one) => inventory(to.library.paths, one));
  await to.command('arrivals', [SERIAL, 'undo']);
  assert.is(to.library.registrations.get(SERIAL), undefined);
  await to.command('cleanup');
  for (const one of [SERIAL, OLDER]) await to.command('undelete', [one, 'laptop']);
  assert.equal(
    [SERIAL, OLDER].map((one) => inventory(to.library.paths, one)),
    there,
  );
  assert.equal(chainOf(SERIAL, to.library.registrations.bySerial()), [OLDER]);
  to.clock.pass(40 * DAY_MS);
  await refusedLater(to.command('arrivals', [SERIAL, 'undo']), 'bad-input');
  await from.command('unretire', [SERIAL]);
  assert.equal(from.library.registrations.get(SERIAL)?.retired, null);
});

test('one that another laptop follows, or is here already, is refused', async () => {
  await using schools = await twoSchools();
  const { from, to, stick } = schools;
  await transfer(from, ['out', SERIAL, stick]);
  await transfer(to, ['in', stick]);
  await refusedLater(transfer(to, ['in', stick]), 'bad-input');
  to.library.registrations.register(SERIAL, 'Somebody', 'uuid', dsaKey(5));
  await backUp(to, journalOfDay(3));
  const theirs = inventory(to.library.paths);
  await refusedLater(to.command('arrivals', [SERIAL, 'welcome']), 'bad-input');
  await to.command('arrivals', [SERIAL, 'decline']);
  await refusedLater(transfer(to, ['in', stick]), 'bad-input');
  const now = inventory(to.library.paths);
  assert.ok(now.delete('raw arrival'));
  assert.equal(now, theirs);
});

/** What somebody did to the folder on its way; `file` is one of its larger files. */
const HOSTILE: [string, (stick: string, file: string, other: string) => void][] = [
  ['a file that is a link', (_stick, file) => relink(file, '/etc/passwd')],
  [
    'a file that is a link to the right content',
    (_stick, file, other) => {
      renameSync(file, other);
      symlinkSync(other, file);
    },
  ],
  [
    'a folder that is a link',
    (stick, _file, other) => {
      renameSync(join(stick, 'files'), other);
      symlinkSync(other, join(stick, 'files'));
    },
  ],
  [
    'other content',
    (_stick, file) => {
      chmodSync(file, 0o600);
      writeFileSync(file, 'not what it says');
    },
  ],
  ['a file that is gone', (_stick, file) => rmSync(file)],
  [
    'a head that is a link',
    (stick, _file, other) => {
      renameSync(join(stick, 'TRANSFER.json'), other);
      symlinkSync(other, join(stick, 'TRANSFER.json'));
    },
  ],
  ['a serial that leads elsewhere', (stick) => edit(stick, `"${SERIAL}"`, '"../../etc/x"')],
  ['the serial of another laptop', (stick) => edit(stick, `"${SERIAL}"`, `"${serialOf(99)}"`)],
  ['a digest that leads elsewhere', (stick) => edit(stick, /"sums": "..../, '"sums": "../.')],
  ['a name that leads elsewhere', (stick) => edit(stick, /"datastore-20../, '"../store-20..')],
  ['a snapshot twice', (stick) => edit(stick, /"sequence": 2/, '"sequence": 3')],
  ['another order', (stick) => edit(stick, /"sequence": 2/, '"sequence": 22')],
  ['the list of another day', (stick) => swapSums(stick)],
  ['an unknown field', (stick) => edit(stick, '"version": 1', '"version": 1, "more": 1')],
  ['no JSON', (stick) => edit(stick, '{', '')],
];

function relink(path: string, target: string): void {
  rmSync(path);
  symlinkSync(target, path);
}

function edit(stick: string, from: string | RegExp, to: string): void {
  const head = join(stick, 'TRANSFER.json');
  const text = readFileSync(head, 'utf8');
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`there is no ${from}`);
  writeFileSync(head, changed);
}

function swapSums(stick: string): void {
  const head = join(stick, 'TRANSFER.json');
  const value = JSON.parse(readFileSync(head, 'utf8'));
  const [one, two] = value.laptops[0].snapshots;
  [one.sums, two.sums] = [two.sums, one.sums];
  writeFileSync(head, JSON.stringify(value));
}

test(`${HOSTILE.length} hostile folders are refused, and nothing has changed`, async () => {
  await using schools = await twoSchools();
  const { from, to, stick, folder } = schools;
  await transfer(from, ['out', SERIAL, stick]);
  to.library.registrations.register(serialOf(99), 'Jim', 'uuid', dsaKey(5));
  await backUp(to, journalOfDay(1), serialOf(99));
  const before = everything(to);
  for (const [n, [what, harm]] of HOSTILE.entries()) {
    const copy = join(folder, `copy-${n}`);
    cpSync(stick, copy, { recursive: true });
    const head = JSON.parse(readFileSync(join(copy, 'TRANSFER.json'), 'utf8'));
    const { manifest } = head.laptops[0].snapshots[0];
    harm(copy, join(copy, 'files', manifest.slice(0, 2), manifest), join(folder, `other-${n}`));
    const error = await refusedLater(transfer(to, ['in', copy]), 'bad-input');
    assert.match(error.message, /./, what);
    assert.equal(everything(to), before, what);
    assert.equal(readdirSync(inLibrary(to.library.paths).arrivals), ['.lock'], what);
  }
  await transfer(to, ['in', stick]);
});

test('what is damaged is not sent, or left out and named', async () => {
  await using schools = await twoSchools();
  const { from, to, stick } = schools;
  const oldest = inventory(from.library.paths).size;
  const { paths } = from.library;
  const folder = newestSnapshot(paths, SERIAL)?.folder ?? '';
  const path = join(folder, '00000000-0000-4000-8000-000000000000');
  chmodSync(path, 0o600);
  writeFileSync(path, 'rotten');
  await refusedLater(transfer(from, ['out', SERIAL, stick]), 'damaged');
  assert.not(existsSync(join(stick, 'TRANSFER.json')));
  assert.equal(from.library.registrations.get(SERIAL)?.retired, null, 'she is still here');
  const printed = await transfer(from, ['out', SERIAL, stick], { 'keep-going': true });
  assert.match(printed, /without CSN74803BB1 datastore-/);
  await transfer(to, ['in', stick]);
  await to.command('arrivals', [SERIAL, 'welcome']);
  assert.ok(inventory(to.library.paths).size < oldest);
});

test.run();
