import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { runCommand } from '../../../xs/commands/service-socket.ts';
import { readConfig } from '../../../xs/config.ts';
import { pinLimit } from '../../../xs/pins/pins.ts';
import { inLaptop, inLibrary } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { listTrash } from '../../../xs/storage/trash.ts';
import { refused, refusedLater } from '../../shared/refused.ts';
import { checkSnapshots } from '../check.ts';
import { backUp, makeLibrary, SERIAL, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf } from '../whole.ts';

const test = suite('what a teacher decides about laptops');

const WINDOW = '[registration]\npolicy = "window"';
const JOURNAL = new Map([[uidOf(1), { title: 'a', content: 'a' }]]);

test('a window lets unknown laptops in for some minutes; "laptops" says how many are left', async () => {
  await using whole = await openWhole(WINDOW);
  const { library, command, clock } = whole;
  const join = (n: number) => library.registrations.register(serialOf(n), 'x', 'u', dsaKey(n));
  refused(() => join(1), 'server-refused', /registration is closed/);
  assert.match(await command('laptops'), /registration is closed; "xs-backup register-window/);
  assert.match(await command('register-window', ['10']), /may register for 10 minutes/);
  assert.is(join(1), 'accepted');
  clock.pass(4 * 60_000);
  assert.match(await command('laptops'), /may register for 6 more minutes/);
  const { registration } = JSON.parse(await command('laptops', [], { json: true }));
  assert.equal(registration, { policy: 'window', open: true, minutesLeft: 6 });
  clock.pass(6 * 60_000);
  refused(() => join(2), 'server-refused', /registration is closed/);
  await command('register-window', ['10']);
  assert.match(await command('register-window', ['0']), /registration is closed/);
  refused(() => join(2), 'server-refused', /registration is closed/);
});

test('a window is a whole number of minutes, of a day at most, and only where there are windows', async () => {
  {
    await using whole = await openWhole(WINDOW);
    for (const bad of [[], [''], ['-1'], ['1.5'], ['1441'], ['ten'], ['1e3']]) {
      await refusedLater(whole.command('register-window', bad), 'usage', /from 0 to 1440/);
    }
  }
  await using whole = await openWhole();
  await refusedLater(whole.command('register-window', ['5']), 'config', /always open/);
});

test('a window that would end with the command is refused: the service has to run', async () => {
  await using whole = await openWhole(WINDOW);
  const library = { ...whole.library, serving: false };
  const request = { command: 'register-window', args: ['5'], flags: {} };
  const asked = runCommand(library, request, () => {}, new AbortController().signal);
  await refusedLater(asked, 'server-unreachable', /the service is not running/);
  assert.is(library.newcomers.window().open, false);
});

const CONFIGS: [string, string | RegExp][] = [
  ['', 'open'],
  ['open = true', 'open'],
  ['open = false', 'closed'],
  ['policy = "open"', 'open'],
  ['policy = "window"', 'window'],
  ['policy = "closed"', 'closed'],
  ['policy = "maybe"', /registration.policy/],
  [
    'policy = "open"\nopen = true',
    /"registration.policy" or the older "registration.open", not both/,
  ],
  ['policy = "closed"\nopen = true', /"registration.policy" or the older "registration.open", not/],
  ['perHour = 0', /registration.perHour/],
];
for (const [text, expected] of CONFIGS) {
  test(`[registration] ${JSON.stringify(text)} means ${expected}`, () => {
    using library = makeLibrary();
    const file = join(library.folder, 'config.toml');
    writeFileSync(file, `[registration]\n${text}\n`);
    if (typeof expected !== 'string') refused(() => readConfig(file, {}), 'config', expected);
    else {
      const limits = { perHour: 300, perAddress: 30, maxLaptops: 2000 };
      assert.equal(readConfig(file, {}).registration, { policy: expected, ...limits });
    }
  });
}

test('a waiting key is approved by its fingerprint, rejected, and let wait again', async () => {
  await using whole = await openWhole();
  const { library, command } = whole;
  const offer = (n: number) => library.registrations.register(SERIAL, 'x', 'uuid', dsaKey(n));
  offer(2);
  offer(3);
  const list = async () =>
    JSON.parse(await command('laptops', [], { json: true })).laptops[0].waiting;
  const [first, second] = await list();
  await command('approve', [SERIAL], { kind: 'sugar', key: first.fingerprint });
  assert.equal(await list(), []);
  offer(3);
  assert.match(await command('reject', [SERIAL, second.fingerprint]), second.fingerprint);
  offer(3);
  assert.equal(await list(), []);
  const told = await command('approve', [SERIAL], { kind: 'sugar', key: second.fingerprint });
  assert.match(told, /no longer rejected/);
  offer(3);
  assert.is((await list()).length, 1);
  await refusedLater(command('reject', [SERIAL]), 'usage', /fingerprint/);
  await refusedLater(command('approve', [SERIAL]), 'usage', /six digits/);
  await refusedLater(command('approve', [SERIAL, '0000']), 'usage', /six digits/);
  await refusedLater(command('reject', [serialOf(9), 'x']), 'not-registered');
});

test('a retired laptop keeps its snapshots, is cleaned up, and does not share the disk', async () => {
  await using whole = await openWhole('[retention]\nkeepLast = 1\nkeepAllDays = 1');
  const { library, context, command, clock } = whole;
  library.registrations.register(serialOf(1), 'Ana', 'u', dsaKey(2));
  library.registrations.register(serialOf(2), 'made up', 'u', dsaKey(3));
  await backUp({ context }, JOURNAL, SERIAL); // who has nothing here takes no share
  for (let day = 0; day < 5; day += 1) {
    const journal = new Map([[uidOf(1), { title: `day ${day}`, content: 'a' }]]);
    await backUp({ context }, journal, serialOf(1));
    clock.pass(DAY_MS);
  }
  const before = pinLimit(library, SERIAL);
  const quotaBefore = JSON.parse(await command('quota', [], { json: true })).quotaBytes;
  assert.match(await command('retire', [serialOf(1)]), /out of use; its snapshots stay/);
  assert.match(await command('retire', [serialOf(1)]), /already/);
  assert.match(await command('laptops'), /Ana.*out of use/);
  assert.ok(Math.abs(pinLimit(library, SERIAL) - 2 * before) <= 1, 'one laptop has it all');
  const quotaNow = JSON.parse(await command('quota', [], { json: true })).quotaBytes;
  assert.ok(Math.abs(quotaNow - 2 * quotaBefore) <= 1);
  assert.is(listSnapshots(library.paths, serialOf(1)).length, 5);
  clock.pass(40 * DAY_MS);
  const told = await command('cleanup', [], { 'trust-clock': true });
  assert.match(told, new RegExp(`^${serialOf(1)} .*keeps \\d+, removes [1-9]`, 'm'));
  assert.ok(listSnapshots(library.paths, serialOf(1)).length >= 1, 'never the last one');
  assert.match(await command('unretire', [serialOf(1)]), /in use again/);
  assert.ok(Math.abs(pinLimit(library, SERIAL) - before) <= 1);
});

test('laptops without a backup are listed after 30 days, and forgotten one by one', async () => {
  await using whole = await openWhole();
  const { library, context, command, clock } = whole;
  const { registrations, paths } = library;
  for (const n of [1, 2, 3]) registrations.register(serialOf(n), `child ${n}`, 'u', dsaKey(n + 1));
  await backUp({ context }, JOURNAL, serialOf(1));
  clock.pass(29 * DAY_MS);
  assert.match(await command('laptops', [], { unused: true }), /^no laptop is without a backup/);
  registrations.register(serialOf(4), 'late', 'u', dsaKey(7));
  clock.pass(DAY_MS);
  const told = await command('laptops', [], { unused: true });
  assert.equal(told.match(/TST\w+/g)?.sort(), [serialOf(2), serialOf(3)]);
  await refusedLater(command('forget', [serialOf(1)]), 'bad-input', /has backups here/);
  await command('alias', [serialOf(3), serialOf(2)]);
  for (const n of [2, 3])
    await refusedLater(command('forget', [serialOf(n)]), 'bad-input', /alias/);
  await command('unalias', [serialOf(3)]);
  mkdirSync(join(inLaptop(paths, serialOf(3)).original, 'store'));
  await refusedLater(command('forget', [serialOf(3)]), 'bad-input', /has backups here/);
  assert.match(await command('forget', [serialOf(2)]), `${serialOf(2)}: forgotten`);
  assert.is(registrations.get(serialOf(2)), undefined);
  assert.is(existsSync(inLaptop(paths, serialOf(2)).home), false);
  assert.match(await command('audit', [serialOf(2)]), /forgotten/);
  assert.is(registrations.register(serialOf(2), 'again', 'u', dsaKey(9)), 'accepted');
});

test('a flood is forgotten with its backups, and each comes back from the trash as it was', async () => {
  await using whole = await openWhole('');
  const { library, context, command, clock } = whole;
  const { registrations, paths } = library;
  registrations.register(serialOf(1), 'Ana', 'u', dsaKey(2));
  await backUp({ context }, JOURNAL, serialOf(1));
  clock.pass(100 * DAY_MS);
  const flood = [2, 3, 4].map(serialOf);
  for (const [n, serial] of flood.entries()) {
    registrations.register(serial, `made up ${n}`, 'u', dsaKey(n + 3));
    await backUp({ context }, new Map([[uidOf(9), { title: 'x', content: `junk ${n}` }]]), serial);
    await backUp({ context }, new Map([[uidOf(9), { title: 'y', content: `junk ${n}` }]]), serial);
  }
  const [first = serialOf(2), ...others] = flood;
  const sums = checkSnapshots(paths, first);
  await refusedLater(command('forget', flood), 'bad-input', /has backups here/);
  assert.ok(registrations.get(first), 'nothing happened');
  const told = await command('forget', flood, { 'with-backups': true });
  for (const serial of flood) {
    assert.match(told, `"xs-backup undelete ${serial} laptop" brings it back`);
    assert.is(registrations.get(serial), undefined);
    assert.is(existsSync(inLaptop(paths, serial).home), false);
  }
  assert.equal([...checkSnapshots(paths, serialOf(1)).keys()], [1], 'the others stay');
  assert.match(await command('trash', [first]), /laptop.*forgotten/);
  await command('undelete', [first, 'laptop']);
  assert.is(registrations.get(first)?.nick, 'made up 0');
  assert.equal(checkSnapshots(paths, first), sums);
  await backUp({ context }, new Map([[uidOf(9), { title: 'z', content: 'again' }]]), first);
  const pooled = () => Number(execFileSync('sh', ['-c', COUNT, 'sh', inLibrary(paths).pool]));
  const before = pooled();
  clock.pass(100 * DAY_MS);
  await command('cleanup', [], { 'trust-clock': true });
  assert.equal(listTrash(paths), []);
  assert.is(pooled(), before - 3 * others.length, 'content that only they had is freed');
});

const COUNT = 'find "$1" -type f | wc -l';

test('an entry is pinned by its title, or the beginning of it or of its uid, as long as only one is meant', async () => {
  await using whole = await openWhole();
  const titles = ['My house', 'My house', 'My cat', 'Árbol'];
  await backUp(
    whole,
    new Map(titles.map((title, n) => [uidOf(n), { title, content: `${title} ${n}` }])),
  );
  const pin = (text: string) => whole.command('pin', [SERIAL, 'latest', text]);
  assert.match(await pin('my cat'), `${uidOf(2)} is pinned`);
  assert.match(await pin('arb'), `${uidOf(3)} is pinned`);
  assert.match(await pin(uidOf(1)), `${uidOf(1)} is pinned`);
  const { hint } = await refusedLater(pin('My house'), 'usage', /may be any of 2 entries/);
  assert.match(hint ?? '', `"My house" ${uidOf(0)}, "My house" ${uidOf(1)}`);
  const told = await refusedLater(pin('Nobody'), 'usage', /"Nobody" is no entry of datastore-/);
  assert.match(told.hint ?? '', `"My cat" ${uidOf(2)}`);
});

test('"the old one is gone" is one act with the alias; without it the answer names the other act', async () => {
  await using whole = await openWhole();
  const { registrations } = whole.library;
  const newer = serialOf(9);
  registrations.register(newer, 'Jocinta', 'uuid-9', dsaKey(9));
  const alone = await whole.command('alias', [newer, SERIAL]);
  assert.match(alone, `"xs-backup retire ${SERIAL}"`);
  assert.ok(registrations.isActive(SERIAL));
  await whole.command('unalias', [newer]);
  const both = await whole.command('alias', [newer, SERIAL], { retire: true });
  assert.match(both, `${SERIAL} (Jocinta) is out of use; its snapshots stay`);
  assert.match(both, `"xs-backup unalias ${newer}" and "xs-backup unretire ${SERIAL}" undo it`);
  assert.is(registrations.isActive(SERIAL), false);
  assert.is(registrations.get(newer)?.alias?.of, SERIAL);
  await refusedLater(whole.command('alias', [newer, newer], { retire: true }), 'bad-input');
  assert.ok(registrations.isActive(newer), 'nothing is retired where the alias was refused');
});

test.run();
