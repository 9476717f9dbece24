/** `status` and `doctor` of real libraries: what they find, print and exit with. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { concerns } from '../../../xs/admin/concerns.ts';
import { readStatus } from '../../../xs/admin/status.ts';
import { addTeacher } from '../../../xs/admin/teachers.ts';
import { runCommand } from '../../../xs/commands/service-socket.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf } from '../whole.ts';

const test = suite('the status of a library');

test('unknown laptops: who asks, and whose backups are here, until they are taken over', async () => {
  await using whole = await openWhole('');
  const { library, clock } = whole;
  const { strangers } = library;
  const [old, fake] = [serialOf(1), serialOf(2)];
  mkdirSync(join(inLaptop(library.paths, old).home, 'datastore-2010-03-05_08:15'), {
    recursive: true,
  });
  const read = async () => JSON.parse(await whole.command('status', [], { json: true }));
  assert.equal((await read()).unregistered, [old]);
  for (const serial of [old, fake, fake]) strangers.note(serial);
  const { unregistered, strangers: refused, concerns: open } = await read();
  assert.equal(unregistered, [old]);
  assert.equal(refused, [
    { serial: fake, nick: '', holdsData: false },
    { serial: old, nick: '', holdsData: true },
  ]);
  assert.equal(open.filter((type: string) => type === 'refused-laptops').length, 1);
  assert.match(await whole.command('status'), /^refused {3}TST00000002, TST00000001: unreg/m);
  clock.pass(61_000);
  strangers.note(old);
  const told = whole.events.filter(({ event }) => event === 'unknown-laptops-refused');
  assert.equal(
    told.map(({ fields }) => fields.count),
    [1, 3],
  );
  for (let n = 10; n < 1500; n += 1) strangers.note(serialOf(n));
  assert.is((await read()).strangers.length, 1000);
  library.registrations.register(serialOf(1400), 'x', 'u', dsaKey(2));
  assert.is((await read()).strangers.length, 999);
  clock.pass(DAY_MS);
  assert.equal((await read()).strangers, []);
});

test('an OpenSSH without DSA: who has no other key is counted, and nobody is where it has it', async () => {
  await using whole = await openWhole('');
  const { library } = whole;
  library.registrations.register(serialOf(1), 'Ana', 'u', dsaKey(2));
  library.registrations.register(serialOf(2), 'Jim', 'u', dsaKey(3));
  library.registrations.retire(serialOf(2));
  const bin = join(library.paths.state, 'bin');
  mkdirSync(bin);
  for (const [command, expected] of [
    ["printf 'ssh-ed25519\nrsa-sha2-256'", [SERIAL, serialOf(1)]],
    ["printf 'ssh-ed25519\nssh-dss\n'", []],
    ['exit 255', []], // for a user without an account
  ] as const) {
    writeFileSync(join(bin, 'ssh'), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    const env = { ...library.env, PATH: `${bin}:${library.env.PATH}` };
    const { lockedOut } = await readStatus({ ...library, env });
    assert.equal(
      lockedOut.map(({ serial }) => serial),
      expected,
    );
  }
});

test('the command prints it, and its exit code says whether to look', async () => {
  await using whole = await openWhole('');
  const { library, clock } = whole;
  await backUp(whole, new Map([[uidOf(1), { title: 'a', content: 'b' }]]));
  await whole.command('cleanup');
  const told = await whole.command('status');
  assert.match(told, /^laptops {3}1: 1 safe, 0 not seen for 10 days, 0 never backed up$/m);
  assert.match(told, /one full copy of every laptop fits/);
  clock.pass(20 * DAY_MS);
  const later = JSON.parse(await whole.command('status', [], { json: true }));
  assert.equal([later.concerns, later.advice], [['late-laptops'], ['no-teacher']]);
  assert.is((await library.index.days()).length, 1);
});

test('what is only worth doing is said and changes no exit code', async () => {
  await using whole = await openWhole('');
  await backUp(whole, new Map([[uidOf(1), { title: 'a', content: 'b' }]]));
  await whole.command('cleanup');
  const exit = async (command: string) => {
    let told = '';
    const print = (text: string) => {
      told += text;
    };
    const request = { command, args: [], flags: {} };
    const code = await runCommand(whole.library, request, print, new AbortController().signal);
    return [code, told] as const;
  };
  const [code, told] = await exit('status');
  assert.match(told, /^all is well\nworth doing:\n {2}Nobody can sign in/m);
  assert.is(code, 0);
  const [doctor, checks] = await exit('doctor');
  assert.match(checks, /^todo {2}a teacher can sign in$/m);
  assert.is(doctor, 0);
  whole.clock.pass(20 * DAY_MS);
  assert.is((await exit('status'))[0], 3);
});

test('the report for those who help has the same concerns as the status', async () => {
  await using whole = await openWhole('');
  const { library, clock } = whole;
  await backUp(whole, new Map([[uidOf(1), { title: 'a', content: 'b' }]]));
  await whole.command('cleanup');
  const told = async () => {
    const open = concerns(await readStatus(library)).map(({ type }) => type);
    const line = /^concerns: (.*)$/m.exec(await whole.command('diag'))?.[1];
    assert.is(line, open.join(', ') || 'none');
    assert.equal(JSON.parse(await whole.command('diag', [], { json: true })).concerns, line);
    return line;
  };
  assert.is(await told(), 'no-teacher');
  await addTeacher(library.paths, 'Rosa', 'a long password', clock.now(), undefined);
  assert.is(await told(), 'none');
  clock.pass(20 * DAY_MS);
  assert.is(await told(), 'late-laptops');
});

test.run();
