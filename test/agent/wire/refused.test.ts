/** Every code that a server of ours can send, and what the laptop makes of it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServerBusy } from '../../../agent/wire/busy.ts';
import { refusalOf } from '../../../agent/wire/refused.ts';
import { DsError, type ErrorCode } from '../../../shared/errors.ts';
import { answerTo } from '../../../xs/api/error-answer.ts';

const test = suite('a refused request, from the server to the laptop');

/** What the laptop makes of what the server answers to this error. */
function told(error: unknown): DsError {
  const { status, body, headers } = answerTo(error);
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return refusalOf({
    ...{ statusCode: status, headers: Object.fromEntries(lower) },
    body: JSON.stringify(body),
  });
}

const SAME: ErrorCode[] = [
  ...(['bad-id', 'bad-input', 'not-registered', 'pending-approval', 'key-taken'] as const),
  ...(['not-found', 'only-copy', 'damaged', 'over-quota', 'server-full'] as const),
  ...(['server-trouble', 'server-busy', 'server-unreachable', 'server-refused'] as const),
];
const OTHER: [ErrorCode, ErrorCode][] = [
  ['busy', 'server-busy'],
  ['cancelled', 'server-unreachable'],
  ['internal', 'server-trouble'],
  ['config', 'server-trouble'],
  ['program-failed', 'server-trouble'],
  ['missing-tool', 'server-trouble'],
  ['laptop-full', 'server-trouble'],
  ['usage', 'server-refused'],
];
for (const [code, expected] of [...SAME.map((one) => [one, one] as const), ...OTHER]) {
  test(`${code} is ${expected}`, () => {
    const error = told(new DsError(code, 'what is wrong', { hint: 'the way out' }));
    assert.is(error.code, expected);
    assert.is(error.retry, ['server-busy', 'server-unreachable'].includes(expected));
    assert.is(error instanceof ServerBusy, expected === 'server-busy');
    assert.match(error.message, /^the school server: /);
  });
}

const SHORT = ['EMFILE', 'ENFILE', 'ENOMEM', 'EBUSY'];
for (const code of SHORT) {
  test(`a server that meets ${code} is busy, and is asked again`, () => {
    const thrown = Object.assign(new Error(code), { code, syscall: 'open' });
    const { code: here, retry } = told(thrown);
    assert.equal([here, retry], ['server-busy', true]);
  });
}

test('the time that the server names arrives', () => {
  const error = told(new DsError('server-busy', 'too many attempts', { retryAfterSeconds: 639.2 }));
  assert.is(error instanceof ServerBusy && error.busy.retryAfterSeconds, 640);
  assert.is(error.message, 'the school server: too many attempts');
});

const STRANGE: [what: string, status: number, body: string, code: ErrorCode][] = [
  ['no body', 503, '', 'server-busy'],
  ['no JSON', 502, 'Bad Gateway', 'server-trouble'],
  ['nothing', 403, 'null', 'server-refused'],
  ['a list', 507, '[]', 'server-full'],
  ['other types', 429, '{"code":3,"message":[],"hint":{}}', 'server-busy'],
  ['an inherited name', 418, '{"code":"toString"}', 'server-refused'],
  ['a newer code', 500, '{"code":"exam-week"}', 'server-trouble'],
];
for (const [what, statusCode, body, code] of STRANGE) {
  test(`${what} with ${statusCode} is ${code}`, () => {
    assert.is(refusalOf({ statusCode, headers: {}, body }).code, code);
  });
}

test('a text without an end is cut off', () => {
  const body = JSON.stringify({
    code: 'damaged',
    message: 'x'.repeat(9000),
    hint: 'y'.repeat(9000),
  });
  const { message, hint = '' } = refusalOf({ statusCode: 409, headers: {}, body });
  assert.ok(message.length < 400 && hint.length === 300);
});

test.run();
