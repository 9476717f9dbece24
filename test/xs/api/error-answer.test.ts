/** What a client is told about an error: a fitting status, and nothing about the server's insides. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DsError, type ErrorCode } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import { createApp } from '../../../xs/api/app.ts';
import { answerTo, withoutInsides } from '../../../xs/api/error-answer.ts';
import { answerRegistration } from '../../../xs/api/idmgr.ts';
import type { Registrations } from '../../../xs/registration/registration.ts';

const test = suite('errors over HTTP');

const SECRET = '/library/users/CSN74803BB1/registration.json';

function errno(): Error {
  return Object.assign(new Error(`EACCES: permission denied, open '${SECRET}'`), {
    code: 'EACCES',
    errno: -13,
  });
}

async function answerOf(thrown: unknown) {
  const logged: string[] = [];
  const warn: Log['warn'] = (event, fields) => {
    logged.push(`${event} ${fields?.reason}`);
  };
  const app = createApp({ info: () => {}, warn }, 1000, 0);
  app.get('/', async () => {
    throw thrown;
  });
  const { statusCode, body } = await app.inject('/');
  await app.close();
  return { status: statusCode, text: body, body: JSON.parse(body), logged };
}

test('what became of a run tells nothing about the insides of the server either', () => {
  const told = (code: ErrorCode, message: string) => {
    const outcome = withoutInsides({ state: 'refused', code, message });
    return outcome.state === 'refused' ? `${outcome.code}: ${outcome.message}` : '';
  };
  const fault = 'something went wrong on the school server; its log says what';
  assert.is(
    told('internal', "Cannot read properties of undefined (reading 'x')"),
    `internal: ${fault}`,
  );
  assert.is(told('program-failed', `sync -f ${SECRET}: exit 1`), `program-failed: ${fault}`);
  assert.is(told('server-full', 'the disk is full'), 'server-full: the disk is full');
  assert.is(told('bad-input', 'no such entry'), 'bad-input: no such entry');
  assert.equal(withoutInsides({ state: 'ingesting' }), { state: 'ingesting' });
});

const TOLD: [ErrorCode, number][] = [
  ['usage', 400],
  ['bad-input', 400],
  ['server-refused', 403],
  ['not-found', 404],
  ['only-copy', 409],
  ['damaged', 409],
  ['busy', 503],
  ['over-quota', 507],
];
for (const [code, status] of TOLD) {
  test(`${code} is ${status}, with its message and hint`, async () => {
    const answer = await answerOf(new DsError(code, 'what is wrong', { hint: 'the way out' }));
    assert.is(answer.status, status);
    assert.equal(answer.body, { code, message: 'what is wrong', hint: 'the way out' });
  });
}

const HIDDEN: [what: string, thrown: unknown, status: number][] = [
  ['an unknown error', errno(), 503],
  ['a setting', new DsError('config', `${SECRET} is not TOML`), 500],
  ['an internal error', new DsError('internal', 'queue 7 has no tail'), 500],
  ['damage with a path', new DsError('damaged', `${SECRET} cannot be read`), 409],
  ['a hint with a path', new DsError('bad-input', 'no', { hint: `look at "${SECRET}"` }), 400],
  ['what is no error', 'thrown text', 500],
];
for (const [what, thrown, status] of HIDDEN) {
  test(`${what}: a stranger gets a number, the log the rest`, async () => {
    const answer = await answerOf(thrown);
    assert.is(answer.status, status);
    assert.not.match(answer.text, /\/library|EACCES|queue|TOML|thrown/);
    if (status === 400) return assert.is(answer.logged.length, 0);
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    assert.equal(answer.logged, [`request-failed ${text}`]);
  });
}

test('what fastify finds wrong in a request keeps its status', () => {
  for (const statusCode of [413, 415, 429]) {
    const { status, body, fault } = answerTo(Object.assign(new Error('too large'), { statusCode }));
    assert.equal([status, body.message, fault], [statusCode, 'too large', false]);
  }
  assert.is(answerTo(Object.assign(new Error('x'), { statusCode: 502 })).status, 500);
});

test("the answer to Sugar's menu names no file either", async () => {
  const logged: unknown[] = [];
  const log: Log = { info: () => {}, warn: (event, fields) => logged.push([event, fields]) };
  const registrations = {
    registerAside: async () => {
      throw errno();
    },
  } as unknown as Registrations;
  const values = ['SHC00800000', 'x', 'u', 'k'].map((text) => {
    return `<param><value>${text}</value></param>`;
  });
  const call = `<methodCall><methodName>register</methodName><params>${values.join('')}</params></methodCall>`;
  const answer = await answerRegistration(
    { registrations, hostName: 'schoolserver', log },
    Buffer.from(call),
  );
  assert.match(answer, 'ERR');
  assert.not.match(answer, SECRET);
  assert.equal(logged, [['registration-failed', { reason: errno().message }]]);
});

test.run();
