/** Codes with which a child signs in once: what ends one, and what does not. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { parseSerial, type Serial } from '../../../shared/ids.ts';
import { readCode } from '../../../xs/codes/code-text.ts';
import { giveCode, useCode } from '../../../xs/codes/codes.ts';
import { runCommand } from '../../../xs/commands/service-socket.ts';
import { readAudit } from '../../../xs/registration/audit.ts';
import { writeTwins } from '../../../xs/registration/twin-file.ts';
import { firstOf } from '../../../xs/registration/twins.ts';
import { inLibrary, inState } from '../../../xs/storage/paths.ts';
import { SERIAL } from '../library.ts';
import { dsaKey, openWhole, serialOf, testClock, type WholeLibrary } from '../whole.ts';

const test = suite('a code with which a child signs in once');
const ADDRESS = '10.0.0.7';
const OTHER = serialOf(2);

let whole: WholeLibrary;
let folder: string;
const clock = testClock('2026-03-02T08:00:00Z');
const give = (serial: Serial = SERIAL) => giveCode(whole.library, serial);
const use = (code: string) => useCode(whole.library, code, ADDRESS)?.serial;
/** A new teacher, or a new password. */
const password = (name: string) =>
  runCommand(
    whole.library,
    { command: 'teacher', args: ['add', name], flags: {}, secret: 'four words are enough' },
    () => {},
    new AbortController().signal,
  );
const onDisk = () => readFileSync(inState(whole.library.paths).codes, 'utf8');

test.before.each(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ds-codes-'));
  whole = await openWhole('', { folder, clock });
  whole.library.registrations.register(OTHER, 'Pedro', 'uuid-2', dsaKey(2));
});

test.after.each(async () => {
  await whole[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test('opens one Journal once, whoever else has one', () => {
  const [code, theirs] = [give(), give(OTHER)];
  assert.is(use(code), SERIAL);
  assert.is(use(code), undefined, 'a second time');
  assert.is(use(theirs), OTHER);
});

test('a new one takes the place of the one before', () => {
  const [first, second] = [give(), give()];
  assert.is(use(first), undefined);
  assert.is(use(second), SERIAL);
});

test('is on the disk as a hash that only the service can read, and goes with its use', () => {
  const code = give();
  assert.not.match(onDisk(), code);
  assert.not.match(onDisk(), code.slice(0, 4));
  assert.is(statSync(inState(whole.library.paths).codes).mode & 0o777, 0o600);
  const { hash } = JSON.parse(onDisk()).codes[0];
  use(code);
  assert.not.match(onDisk(), hash);
});

test('opens no other Journal when a bit of the file is wrong', () => {
  const neighbour = parseSerial('CSN74803BB0');
  whole.library.registrations.register(neighbour, 'Ana', 'uuid-3', dsaKey(3));
  const code = give();
  const { codes } = inState(whole.library.paths);
  const right = readFileSync(codes);
  const from = right.indexOf(SERIAL);
  for (let at = from; at < from + SERIAL.length; at += 1) {
    const bytes = Buffer.from(right);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(codes, bytes);
    assert.is(use(code), undefined, bytes.toString().slice(from, from + SERIAL.length));
  }
  writeFileSync(codes, right);
  assert.is(use(code), SERIAL);
});

test('lasts a day of the timeline, whatever the clock shows, and a start of the service between', async () => {
  const [late, code] = [give(OTHER), give()];
  clock.pass(DAY_MS - 1000);
  clock.time -= 300 * DAY_MS;
  await whole.library[Symbol.asyncDispose]();
  whole = await openWhole('', { folder, clock });
  assert.is(use(code), SERIAL, 'after a start of the service, with a wrong clock');
  clock.pass(1000);
  assert.is(use(late), undefined, 'a day later');
});

test('is over where the timeline has lost its memory', async () => {
  clock.pass(10 * DAY_MS);
  whole.library.timeline.observe();
  const code = give();
  await whole.library[Symbol.asyncDispose]();
  rmSync(inLibrary(whole.library.paths).clock);
  whole = await openWhole('', { folder, clock });
  assert.is(use(code), undefined);
});

const ENDS: [what: string, end: () => Promise<unknown>][] = [
  [
    'retired, also when it is back in use',
    async () => {
      await whole.command('retire', [SERIAL]);
      await whole.command('unretire', [SERIAL]);
    },
  ],
  [
    'forgotten, also when it registers again',
    async () => {
      await whole.command('forget', [SERIAL]);
      whole.library.registrations.register(SERIAL, 'Jocinta', 'uuid', dsaKey(3));
    },
  ],
  [
    'forgotten with its backups, and brought back',
    async () => {
      await whole.command('forget', [SERIAL], { 'with-backups': true });
      await whole.command('undelete', [SERIAL, 'laptop']);
      assert.ok(whole.library.registrations.isActive(SERIAL));
    },
  ],
  [
    'found to be two, which are separated',
    async () => {
      const [owner, other] = ['a'.repeat(32), 'b'.repeat(32)];
      const twins = { ...firstOf(owner), last: other, others: [other], since: 'now' };
      writeTwins(whole.library.paths, SERIAL, twins);
      await whole.command('twins', [SERIAL, 'separate']);
    },
  ],
];
for (const [what, end] of ENDS) {
  test(`ends when its laptop is ${what}; others stay`, async () => {
    const [code, theirs] = [give(), give(OTHER)];
    await end();
    assert.is(use(code), undefined);
    assert.is(use(theirs), OTHER);
  });
}

test('ends when the teacher who gave it has another password, or is removed; others stay', async () => {
  for (const end of [
    ['add', 'Rosa'],
    ['remove', 'Rosa'],
  ] as const) {
    await password('Rosa');
    const code = whole.library.audit.inNameOf('Rosa', () => give());
    const theirs = whole.library.audit.inNameOf('Ana', () => give(OTHER));
    if (end[0] === 'add') await password('Rosa');
    else await whole.command('teacher', end);
    assert.is(use(code), undefined, end[0]);
    assert.is(use(theirs), OTHER, end[0]);
  }
});

test('of two teachers who give one for the same laptop, the last one counts, and both stand in the log', () => {
  const codes = ['Rosa', 'Ana'].map((name) => whole.library.audit.inNameOf(name, () => give()));
  assert.equal(codes.map(use), [undefined, SERIAL]);
  assert.equal(
    readAudit(whole.library.paths, SERIAL)
      .slice(-3)
      .map(({ event, who, name, details }) => [event, who, name, details]),
    [
      ['code-given', 'teacher', 'Rosa', {}],
      ['code-given', 'teacher', 'Ana', {}],
      ['code-used', 'laptop', undefined, { address: ADDRESS }],
    ],
  );
});

test('is given for no laptop that is out of use or unknown', async () => {
  await whole.command('retire', [SERIAL]);
  assert.throws(() => give(), /out of use/);
  assert.throws(() => give(serialOf(9)), /registered/);
});

test('a file that is damaged, or in the way, costs another code and no more', async () => {
  for (const damage of ['', '{', '{"version":1,"salt":"x","codes":[{}]}', '[]', 'null']) {
    const code = give();
    writeFileSync(inState(whole.library.paths).codes, damage);
    assert.is(use(code), undefined, damage);
    assert.is(use(give()), SERIAL, damage);
  }
});

test('what cannot be written is not said to be given', () => {
  mkdirSync(inState(whole.library.paths).codes);
  assert.throws(() => give(), /EISDIR|ENOTEMPTY|EEXIST/);
  assert.is(
    readAudit(whole.library.paths).some(({ event }) => event === 'code-given'),
    false,
  );
});

test('the command prints it in two groups, with the address and how long it is good', async () => {
  const printed = await whole.command('sign-in-code', ['Jocinta']);
  assert.match(
    printed,
    /Jocinta.*: [2-9A-Y]{4} [2-9A-Y]{4}\n.*24 hours.*http:\/\/schoolserver\/ds-restore;/s,
  );
  const { code, ...rest } = JSON.parse(
    await whole.command('sign-in-code', [SERIAL], { json: true }),
  );
  assert.equal(rest, { serial: SERIAL, address: 'http://schoolserver/ds-restore', hours: 24 });
  assert.is(use(readCode(code) ?? ''), SERIAL);
});

test.run();
