/** Lists are for a teacher, who knows the children's names and not the numbers of laptops and entries. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { readStatus } from '../../../xs/admin/status.ts';
import { localLaptop } from '../../../xs/commands/arguments.ts';
import { whyNotWritten } from '../../../xs/commands/away/not-written.ts';
import { formatStatus } from '../../../xs/commands/status-lines.ts';
import { refusedLater } from '../../shared/refused.ts';
import { backUp, ed25519, enrol, type Journal, SERIAL, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf } from '../whole.ts';

const test = suite('what a teacher reads at the terminal');

const journal = (count: number): Journal =>
  new Map(
    Array.from({ length: count }, (_, n) => [uidOf(n), { title: `Casa ${n}`, content: `${n}` }]),
  );

test('each list has the nick beside the serial number, and pins have their titles', async () => {
  await using whole = await openWhole();
  const { command, clock } = whole;
  await backUp(whole, journal(20));
  await command('pin', [SERIAL, 'latest', uidOf(3)]);
  await command('cleanup');
  clock.pass(DAY_MS);
  await backUp(whole, journal(2));
  assert.match(await command('pins', [SERIAL]), /Casa 3/);
  assert.match(await command('held'), new RegExp(`^${SERIAL} {2}Jocinta {2}`, 'm'));
  assert.match(await command('quota'), new RegExp(`^${SERIAL} {2}Jocinta {2}`, 'm'));
  assert.match(await command('audit'), new RegExp(`${SERIAL} {2}Jocinta {2}`));
  assert.match(
    await command('cleanup', [], { 'dry-run': true }),
    new RegExp(`^${SERIAL} {2}Jocinta {2}keeps `, 'm'),
  );
  assert.match(await command('drop', [SERIAL]), /^CSN74803BB1 \(Jocinta\): 1 backup moved/);
  assert.match(await command('trash'), new RegExp(`^${SERIAL} {2}Jocinta {2}datastore-`, 'm'));
  assert.match(await command('retire', [SERIAL]), /^CSN74803BB1 \(Jocinta\): out of use/);
});

test('what everybody has is said once, and each line of laptops stays short', async () => {
  await using whole = await openWhole();
  for (const n of [2, 3, 4]) {
    whole.library.registrations.register(serialOf(n), `Child ${n}`, 'u', dsaKey(n));
    enrol(whole.library.registrations, serialOf(n), 'u', ed25519(n));
  }
  const told = await whole.command('laptops');
  assert.not.match(told, /nobody has typed/);
  assert.match(told, /^TST00000002 .* unconfirmed$/m);
  for (const line of told.split('\n')) assert.ok(line.length <= 80, line);
});

test('of laptops with one nick, what only reads takes the one in use; what changes something asks', async () => {
  await using whole = await openWhole();
  const { registrations, paths } = whole.library;
  const [old, retired] = [serialOf(2), serialOf(3)];
  for (const serial of [old, retired]) registrations.register(serial, 'Jocinta', 'u', dsaKey(2));
  await backUp(whole, journal(2));
  registrations.alias(SERIAL, old);
  registrations.retire(retired);
  assert.match(await whole.command('snapshots', ['jocinta']), /^datastore-\S+ .*2 entries/m);
  assert.is(localLaptop(paths, 'Jocinta'), SERIAL);
  const error = await refusedLater(
    whole.command('retire', ['Jocinta']),
    'usage',
    /any of 3 laptops/,
  );
  assert.match(error.hint ?? '', `${old} Jocinta (replaced), ${retired} Jocinta (out of use)`);
  registrations.unretire(retired);
  await refusedLater(whole.command('snapshots', ['Jocinta']), 'usage', /any of 3 laptops/);
});

const SAID: readonly (readonly [code: string, hint: RegExp])[] = [
  ['EACCES', /this user may not write there/],
  ['EROFS', /write-protected/],
  ['ENOSPC', /not enough room/],
  ['EFBIG', /FAT/],
  ['ENOTDIR', /^otherwise$/],
];
for (const [code, hint] of SAID) {
  test(`what cannot be written because of ${code} has its own way out`, () => {
    const cause = Object.assign(new Error(code), { code, syscall: 'open' });
    assert.match(whyNotWritten(cause, 'otherwise'), hint);
  });
}

test('a line of status is cut after a word', async () => {
  await using whole = await openWhole();
  const found = await readStatus(whole.library);
  const reason = `EROFS: ${'read-only file system '.repeat(9)}`;
  const lines = formatStatus({ ...found, faults: [{ part: 'library', reason }] });
  const line = lines.find((one) => one.includes('EROFS')) ?? '';
  assert.match(line, /(read-only|file|system) …$/);
  assert.ok(line.length <= 120, line);
});

test('status names the command that lets a laptop in', async () => {
  await using whole = await openWhole();
  const { registrations } = whole.library;
  await backUp(whole, journal(2));
  enrol(registrations, SERIAL, 'uuid', ed25519(8), { code: '000008' });
  const lines = formatStatus(await readStatus(whole.library)).join('\n');
  assert.match(lines, /asks to be let in.*\n.*"xs-backup approve LAPTOP DIGITS"/);
});

test('with open registration nothing has to be opened, and the hint says so', async () => {
  await using whole = await openWhole();
  const [told] = await Promise.allSettled([whole.command('register-window', ['60'])]);
  assert.is(told?.status, 'rejected');
  const { message, hint } = (told as PromiseRejectedResult).reason;
  assert.match(message, /always open/);
  assert.match(hint, /^laptops can register now/);
});

test.run();
