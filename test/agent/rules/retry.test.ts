import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type JobKind, newJob } from '../../../agent/rules/jobs.ts';
import { fateOfPin } from '../../../agent/rules/pin-fate.ts';
import { decideRetry, type Failure } from '../../../agent/rules/retry.ts';
import type { ErrorCode } from '../../../shared/errors.ts';

const test = suite('what a failed attempt means');

const MINUTE = 60_000;

interface Case {
  kind?: JobKind;
  byHand?: boolean;
  failures?: number;
  network?: 'up' | 'down';
  failure?: Partial<Failure>;
}

/** `reason, minutes from now, counts`, or `give-up`; at an uptime of 1,000 ms and with chance at a half. */
function judged(code: ErrorCode, options: Case = {}) {
  const { kind = 'backup', byHand = false, failures = 1, network = 'up', failure } = options;
  const job = newJob(1, { kind, byHand, of: '', snapshot: '', entry: '' });
  const failed = { code, message: 'no', hint: '', ...failure };
  const retry = decideRetry({ ...job, failures }, failed, { network, uptimeMs: 1000 }, 0.5);
  if (retry.type === 'give-up') return 'give-up';
  const { wait, counts } = retry;
  return [wait.reason, (wait.untilMs - 1000) / MINUTE, wait.place, counts];
}

const BUSY = { retryAfterSeconds: 90 };
const CASES: [what: string, code: ErrorCode, options: Case, expected: unknown][] = [
  [
    'the busy server names the time',
    'server-busy',
    { failure: BUSY },
    ['server-busy', 1.5, 0, false],
  ],
  [
    'it may name a place',
    'server-busy',
    { failure: { ...BUSY, place: 2 } },
    ['queue', 1.5, 2, false],
  ],
  [
    'its disk may be full, whatever the place',
    'server-busy',
    { failure: { ...BUSY, place: 2, why: 'disk-full' } },
    ['server-full', 1.5, 2, false],
  ],
  [
    'a word of a newer server means that others are ahead',
    'server-busy',
    { failure: { ...BUSY, place: 2, why: 'exam-week' } },
    ['queue', 1.5, 2, false],
  ],
  [
    'a word needs no place',
    'server-busy',
    { failure: { ...BUSY, why: 'others-first' } },
    ['server-busy', 1.5, 0, false],
  ],
  [
    'nobody is before it where slots wait for others of its address',
    'server-busy',
    { failure: { ...BUSY, why: 'address-busy' } },
    ['server-busy', 1.5, 0, false],
  ],
  ['silence is short at first', 'transfer', {}, ['no-server', 5.5 / 60, 0, true]],
  ['four silences are not yet far', 'transfer', { failures: 4 }, ['no-server', 40.5 / 60, 0, true]],
  ['five are', 'server-unreachable', { failures: 5 }, ['no-server', 90, 0, true]],
  [
    'without a network nothing was tried',
    'transfer',
    { network: 'down', failures: 9 },
    ['no-network', 45, 0, false],
  ],
  [
    'nor by hand',
    'server-unreachable',
    { network: 'down', byHand: true, failures: 9 },
    ['no-network', 45, 0, false],
  ],
  ['an answer is no silence', 'internal', { network: 'down' }, ['problem', 45, 0, true]],
  [
    'a person waits twice',
    'transfer',
    { byHand: true, failures: 2 },
    ['no-server', 10.5 / 60, 0, true],
  ],
  ['and is told then', 'transfer', { byHand: true, failures: 3 }, 'give-up'],
  ['what dies is waited for', 'busy', { failures: 5 }, ['other-run', 2 / 60, 0, true]],
  ['what lives is left alone', 'busy', { failures: 6 }, ['other-run', 15, 0, true]],
  ['by hand it is told', 'busy', { failures: 6, byHand: true }, 'give-up'],
  [
    'but a restore waits',
    'busy',
    { failures: 6, byHand: true, kind: 'restore' },
    ['other-run', 15, 0, true],
  ],
  ['the day waits for people', 'not-registered', {}, ['not-registered', 45, 0, true]],
  ['a teacher may be typing', 'pending-approval', {}, ['teacher', 22.5 / 60, 0, true]],
  ['or comes later', 'pending-approval', { failures: 40 }, ['teacher', 45, 0, true]],
  ['a person is told at once', 'pending-approval', { byHand: true }, 'give-up'],
  ['so is whoever gets pins', 'over-quota', { kind: 'pins' }, 'give-up'],
  [
    'a disk at school that does not work is a problem',
    'server-trouble',
    {},
    ['problem', 45, 0, true],
  ],
  [
    'pins that were noted wait for it',
    'server-trouble',
    { kind: 'pins' },
    ['problem', 45, 0, true],
  ],
  ['and for a full one', 'server-full', { kind: 'pins' }, ['server-full', 45, 0, true]],
  ['and for a teacher', 'pending-approval', { kind: 'pins' }, ['teacher', 22.5 / 60, 0, true]],
  ['but not when a person asks', 'server-trouble', { kind: 'pins', byHand: true }, 'give-up'],
  ['a restore is told', 'server-trouble', { kind: 'restore' }, 'give-up'],
];
for (const [what, code, options, expected] of CASES) {
  test(what, () => assert.equal(judged(code, options), expected));
}

test('without a time a busy server is asked again as a silent one', () => {
  const [reason, minutes] = judged('server-busy');
  assert.equal([reason, minutes], ['server-busy', 5.5 / 60]);
});

const PINS: [ErrorCode, ReturnType<typeof fateOfPin>][] = [
  ...(['server-unreachable', 'server-busy', 'server-trouble', 'server-full'] as const).map(
    (code): [ErrorCode, 'later'] => [code, 'later'],
  ),
  ...(['transfer', 'not-registered', 'pending-approval', 'cancelled', 'busy'] as const).map(
    (code): [ErrorCode, 'later'] => [code, 'later'],
  ),
  ...(['not-found', 'bad-input', 'bad-id', 'over-quota', 'only-copy', 'damaged'] as const).map(
    (code): [ErrorCode, 'refused'] => [code, 'refused'],
  ),
  ...(['internal', 'untrusted-server', 'laptop-read-only', 'server-refused'] as const).map(
    (code): [ErrorCode, 'told'] => [code, 'told'],
  ),
];
for (const [code, fate] of PINS) {
  test(`a pin that met ${code}: ${fate}`, () => assert.is(fateOfPin(code), fate));
}

test.run();
