import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { parseSerial } from '../../../shared/ids.ts';
import { silentLog } from '../../../shared/log.ts';
import { answerRegistration } from '../../../xs/api/idmgr.ts';
import {
  judgeNewcomer,
  type NewcomerFacts,
  Newcomers,
  type Policy,
} from '../../../xs/registration/newcomers.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { refused } from '../../shared/refused.ts';
import { backUp, makeLibrary, openRegistrations, uidOf } from '../library.ts';
import { dsaKey, serialOf, testClock } from '../whole.ts';

const test = suite('a flood of fake laptops neither fills the disk nor hides the real ones');

const HOUR_MS = 3_600_000;
const LIMITS = { perHour: 300, perAddress: 30, maxLaptops: 2000 };
const CALM: NewcomerFacts = { windowOpen: false, lastHour: 0, lastHourHere: 0, unused: 0 };

const ROWS: [Policy, Partial<NewcomerFacts>, string][] = [
  ['open', {}, 'yes'],
  ['closed', {}, 'switched off'],
  ['closed', { windowOpen: true }, 'switched off'],
  ['window', {}, 'closed; a teacher can open it'],
  ['window', { windowOpen: true }, 'yes'],
  ['open', { lastHour: 299, lastHourHere: 29, unused: 1999 }, 'yes'],
  ['open', { lastHour: 300 }, 'within the last hour'],
  ['open', { lastHourHere: 30 }, 'within the last hour'],
  ['window', { windowOpen: true, lastHour: 300 }, 'within the last hour'],
  ['open', { unused: 2000 }, 'never made a backup'],
];
for (const [policy, facts, expected] of ROWS) {
  test(`${policy}, ${JSON.stringify(facts)}: ${expected}`, () => {
    const answer = judgeNewcomer({ policy, ...LIMITS }, { ...CALM, ...facts });
    if (answer.admit) assert.is(expected, 'yes');
    else assert.match(answer.message, expected);
  });
}

test('a window closes after its minutes whatever the wall clock says, and 0 closes it at once', () => {
  const clock = testClock('2026-03-02T08:00:00Z');
  const newcomers = new Newcomers(clock, { policy: 'window', ...LIMITS });
  const isOpen = () => newcomers.window().open;
  assert.is(isOpen(), false);
  newcomers.openWindow(10);
  assert.equal(newcomers.window(), { policy: 'window', open: true, minutesLeft: 10 });
  clock.time -= 400 * DAY_MS;
  assert.is(isOpen(), true, 'the wall clock went back');
  clock.pass(9.5 * 60_000);
  assert.equal(newcomers.window().minutesLeft, 1);
  clock.time -= DAY_MS;
  clock.pass(30_000);
  assert.equal(newcomers.window(), { policy: 'window', open: false, minutesLeft: null });
  newcomers.openWindow(10);
  clock.time += 400 * DAY_MS;
  assert.is(isOpen(), true, 'the wall clock went on');
  newcomers.openWindow(0);
  assert.is(isOpen(), false);
});

test('a window of a minute is one, a window of 0 minutes is none from the first millisecond on', () => {
  const clock = testClock('2026-03-02T08:00:00Z');
  const newcomers = new Newcomers(clock, { policy: 'window', ...LIMITS });
  newcomers.openWindow(0);
  assert.equal(newcomers.window(), { policy: 'window', open: false, minutesLeft: null });
  newcomers.openWindow(1);
  clock.pass(59_999);
  assert.equal(newcomers.window(), { policy: 'window', open: true, minutesLeft: 1 });
  clock.pass(1);
  assert.equal(newcomers.window(), { policy: 'window', open: false, minutesLeft: null });
});

for (const policy of ['open', 'closed'] as const) {
  test(`where registration is always ${policy} there is no window`, () => {
    const newcomers = new Newcomers(testClock('2026-03-02T08:00:00Z'), { policy, ...LIMITS });
    const { hint = '' } = refused(() => newcomers.openWindow(10), 'config', /always/);
    assert.is(/laptops can register now/.test(hint), policy === 'open');
    assert.match(hint, 'window');
    assert.is(newcomers.window().open, policy === 'open');
  });
}

test('one address may register 30 in an hour, all together 300, and known ones always come in', () => {
  using library = makeLibrary();
  const clock = testClock('2026-03-02T08:00:00Z');
  const registrations = openRegistrations(library, { clock, rules: { perHour: 40 } });
  const join = (n: number, address: string) =>
    registrations.register(serialOf(n), 'x', 'u', dsaKey(n), address);
  for (let n = 0; n < 30; n += 1) join(n, '10.0.0.1');
  refused(() => join(30, '10.0.0.1'), 'server-refused', /too many new laptops/);
  for (let n = 30; n < 40; n += 1) join(n, '10.0.0.2');
  refused(() => join(40, '10.0.0.3'), 'server-refused', /too many new laptops/);
  assert.is(registrations.register(serialOf(3), 'x', 'u', dsaKey(3), '10.0.0.1'), 'accepted');
  clock.time += 10 * DAY_MS;
  refused(() => join(40, '10.0.0.3'), 'server-refused', /within the last hour/);
  clock.pass(HOUR_MS);
  assert.is(join(40, '10.0.0.3'), 'accepted');
  assert.is(registrations.all().length, 41);
});

test("the answer to Sugar's menu says it in words, and nothing is made", async () => {
  using library = makeLibrary();
  const registrations = openRegistrations(library, { rules: { policy: 'window' } });
  const serial = parseSerial('SHC00800000');
  const values = [serial, 'x', 'u', dsaKey(1)].map(
    (text) => `<param><value>${text}</value></param>`,
  );
  const body = `<methodCall><methodName>register</methodName><params>${values.join('')}</params></methodCall>`;
  const answer = await answerRegistration(
    { registrations, hostName: 'x', log: silentLog },
    Buffer.from(body),
    '10.0.0.1',
  );
  assert.match(answer, /ERR.*registration is closed; a teacher can open it/s);
  assert.is(registrations.all().length, 0);
  assert.is(existsSync(inLaptop(library.paths, serial).home), false);
});

test('only laptops without a backup count as unused', async () => {
  using library = makeLibrary();
  const clock = testClock('2026-03-02T08:00:00Z');
  const registrations = openRegistrations(library, { clock, rules: { maxLaptops: 2 } });
  const join = (n: number) => registrations.register(serialOf(n), 'x', 'u', dsaKey(n));
  join(1);
  join(2);
  refused(() => join(3), 'server-refused', /never made a backup/);
  await backUp(library, new Map([[uidOf(1), { title: 'a', content: 'a' }]]), serialOf(1));
  assert.equal(
    registrations.unused().map(([serial]) => serial),
    [serialOf(2)],
  );
  clock.pass(60_000);
  assert.is(join(3), 'accepted');
  refused(() => join(4), 'server-refused', /never made a backup/);
});

test('those who are turned away do not make the server count again and again', () => {
  const clock = testClock('2026-03-02T08:00:00Z');
  const newcomers = new Newcomers(clock, { policy: 'open', ...LIMITS });
  let counts = 0;
  const count = () => {
    counts += 1;
    return 2000;
  };
  const ask = (registered: number) =>
    refused(() => newcomers.check('10.0.0.1', registered, count), 'server-refused', /never made/);
  newcomers.check('10.0.0.1', 1999, count);
  assert.is(counts, 0, 'few are not counted');
  clock.pass(HOUR_MS);
  for (let n = 0; n < 1000; n += 1) ask(2000);
  assert.is(counts, 1);
  assert.match(ask(2000).hint ?? '', /laptops --unused/);
  ask(2001);
  clock.pass(60_000);
  ask(2001);
  assert.is(counts, 3);
});

test.run();
