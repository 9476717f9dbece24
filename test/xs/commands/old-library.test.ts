/** The commands that concern what the original program left, and who sees it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Serial } from '../../../shared/ids.ts';
import { exportCommand } from '../../../xs/commands/export.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { refusedLater } from '../../shared/refused.ts';
import { nameOf, pointTo, putRaw, readTrees, snapshotRaw } from '../legacy/original-library.ts';
import { SERIAL, uidOf } from '../library.ts';
import { openWhole, STICK_PARTS, serialOf, type WholeLibrary } from '../whole.ts';

const test = suite('an old library, as the commands show it');

/** Whole, crashed, whole with a nested one, half. Returns the names. */
function makeTrees({ library }: WholeLibrary, serial: Serial): void {
  const { original, snapshot, latest } = inLaptop(library.paths, serial);
  for (let n = 1; n <= 6; n += 1) putRaw(original, uidOf(n), { title: `${n}` }, `content ${n}`);
  for (const hour of [8, 9, 10, 11]) {
    putRaw(original, uidOf(100 + hour), { title: `of ${hour}` });
    snapshotRaw(library.paths, serial, nameOf(hour));
  }
  rmSync(join(snapshot(nameOf(9)), '00', uidOf(1)), { recursive: true });
  chmodSync(snapshot(nameOf(9)), 0o700);
  execFileSync('cp', ['-al', original, snapshot(nameOf(10))]);
  rmSync(join(snapshot(nameOf(11)), '00', uidOf(5)), { recursive: true });
  pointTo(latest, snapshot(nameOf(10)));
}

test('"adopt --plan" says of each tree what it is, why, and what will happen; nothing changes', async () => {
  await using whole = await openWhole();
  const { paths } = whole.library;
  const serial = serialOf(1);
  makeTrees(whole, serial);
  const { home } = inLaptop(paths, serial);
  const before = readdirSync(home, { recursive: true }).sort();
  const { plan, registered } = JSON.parse(
    await whole.command('adopt', [], { plan: true, json: true }),
  );
  assert.is(registered, false);
  assert.equal(
    plan.map((one: Record<string, unknown>) => [one.place, one.what, one.happens, one.as]),
    [
      [nameOf(8), 'whole', 'becomes-snapshot', nameOf(8)],
      [nameOf(9), 'crashed', 'is-held', nameOf(9)],
      [nameOf(10), 'whole', 'becomes-snapshot', nameOf(10)],
      [`${nameOf(10)}/datastore-current`, 'nested', 'becomes-snapshot', `${nameOf(10)}-2`],
      [nameOf(11), 'half', 'is-held', nameOf(11)],
      ['datastore-current', 'newest-state', 'stays', null],
    ],
  );
  const told = await whole.command('adopt', [], { plan: true });
  assert.match(told, `${serial}  not registered`);
  assert.match(told, 'becomes a snapshot, as datastore-2010-03-05_10:15-2');
  assert.match(told, /half: datastore-latest does not lead to it/);
  assert.equal(readdirSync(home, { recursive: true }).sort(), before);
  // What was said is what happens.
  const { adopted } = JSON.parse(await whole.command('adopt', [], { json: true }));
  const held = (name: string) => plan.find((one: { as: string }) => one.as === name)?.happens;
  for (const one of adopted) {
    assert.is(held(one.name), one.held ? 'is-held' : 'becomes-snapshot', one.name);
  }
  assert.is(adopted.length, 5);
});

test('the mirror of an old library is listed, and written out with what can be read of it', async () => {
  await using whole = await openWhole();
  const { paths } = whole.library;
  const { original } = inLaptop(paths, SERIAL);
  const print = () => {};
  const write = (target: string) =>
    exportCommand.run({
      ...{ paths, config: whole.library.config, stickParts: STICK_PARTS },
      ...{ args: [SERIAL, 'datastore-current', target], flags: {}, print },
      ...{ progress: () => {}, signal: AbortSignal.any([]) },
    });
  await refusedLater(
    Promise.resolve().then(() => write(join(paths.state, 'no'))),
    'not-found',
  );
  for (let n = 1; n <= 4; n += 1) putRaw(original, uidOf(n), { title: `${n}` }, `content ${n}`);
  mkdirSync(join(original, '00', uidOf(5)));
  symlinkSync('/etc/passwd', join(original, '00', uidOf(5), 'data'));
  assert.match(
    await whole.command('snapshots', [SERIAL]),
    /datastore-current {2}5 entries {2}the orig/,
  );
  const target = join(paths.state, 'out');
  await write(target);
  const before = readJournal(original);
  before.delete(uidOf(5));
  const { identical, different, extra } = compareJournals(before, readJournal(target));
  assert.equal([identical, different, extra], [4, [], []]);
});

test('laptops that are not registered are listed; what was adopted of them is not "never backed up"', async () => {
  await using whole = await openWhole();
  const { library } = whole;
  const serial = serialOf(1);
  makeTrees(whole, serial);
  assert.match(await whole.command('laptops'), `${serial}  not registered, and has backups here`);
  assert.match(await whole.command('status'), new RegExp(`^stored    ${serial}`, 'm'));
  await whole.command('adopt');
  assert.match(await whole.command('held'), new RegExp(`^${serial} +${nameOf(9)}`, 'm'));
  assert.match(await whole.command('laptops'), `${serial}  not registered, and has backups here`);
  library.registrations.takeOver({
    serial,
    nick: 'Jim',
    uuid: 'u',
    key: 'ssh-dss AAAA',
    fingerprint: 'x',
  });
  await library.index.reindex(serial);
  assert.match(
    await whole.command('laptops'),
    new RegExp(`^${serial} +Jim +3 snapshots +safe 2010-03-05`, 'm'),
  );
  const { laptops } = JSON.parse(await whole.command('status', [], { json: true }));
  const jim = laptops.find((one: { serial: string }) => one.serial === serial);
  assert.is(jim.standing, 'late');
  assert.is(readTrees(inLaptop(library.paths, serial).home, ['datastore-current']).size, 1);
});

test('"adopt" says so where nothing of the original program is left, and counts one as one', async () => {
  await using whole = await openWhole();
  const { paths } = whole.library;
  for (const flags of [{}, { plan: true }, { 'dry-run': true }]) {
    assert.match(
      await whole.command('adopt', [], flags),
      /^nothing of the original program is left/,
    );
    assert.match(await whole.command('adopt', [SERIAL], flags), /nothing .*is left/);
  }
  const { original } = inLaptop(paths, SERIAL);
  putRaw(original, uidOf(1), { title: '1' }, 'content');
  snapshotRaw(paths, SERIAL, nameOf(8));
  assert.match(
    await whole.command('adopt', [], { 'dry-run': true }),
    /1 snapshot to adopt, 1 entry$/m,
  );
  assert.match(await whole.command('adopt', [], { plan: true }), / {2}1 entry {2}/);
  const told = JSON.parse(await whole.command('adopt', [], { 'dry-run': true, json: true }));
  assert.equal(told, { serial: SERIAL, toAdopt: 1, entries: 1 });
});

test.run();
