/** What a laptop makes of the answers to its introduction and registration, from a server that it asks over HTTP. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import { introduce } from '../../../agent/identity/introduce.ts';
import { register } from '../../../agent/identity/registration.ts';
import { ServerBusy } from '../../../agent/wire/busy.ts';
import { asDsError } from '../../../shared/errors.ts';
import { parseSerial } from '../../../shared/ids.ts';
import { makeProfile } from '../../agent/journal/journal.ts';
import { makeKeyPair } from '../../shared/keys.ts';

const test = suite('a server that takes no introduction');

const IDENTITY = { serial: parseSerial('CSN74803BB1'), uuid: 'u' };
const KEY = makeKeyPair();

interface Answer {
  status: number;
  body?: object | string;
  headers?: Record<string, string>;
}

const OFFER: Answer = {
  status: 200,
  body: {
    ...{ exchange: 'a'.repeat(32), nonce: 'b'.repeat(64), hostKey: makeKeyPair().line },
    ...{ sshPort: 2222, login: 'ds-receive' },
  },
};

/** The error of an introduction whose requests are answered so, or of a registration. */
async function failureOf(answers: readonly Answer[], how: 'introduce' | 'register') {
  const left = [...answers];
  const server = createServer((request, response) => {
    request.resume();
    const { status, body = '', headers = {} } = left.shift() ?? { status: 500 };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, headers).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  using profile = makeProfile();
  writeFileSync(profile.paths.key, KEY.file, { mode: 0o600 });
  // Without programs: nobody's settings are read.
  const { signal } = new AbortController();
  const context = { paths: profile.paths, env: { PATH: '/none' }, signal } as unknown as Context;
  const urls = { server: url, registration: url };
  try {
    if (how === 'register') await register(context, urls, IDENTITY, KEY.line);
    else await introduce(context, urls, IDENTITY, KEY.line, () => {});
    throw new Error('it worked');
  } catch (error) {
    const { code, message, retry } = asDsError(error);
    const wait = error instanceof ServerBusy ? error.busy.retryAfterSeconds : undefined;
    return { code, message, retry, wait };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const no = (status: number, code: string, headers = {}): Answer => {
  return { status, body: { code, message: 'what is wrong', hint: 'the way out' }, headers };
};
const CASES: [what: string, answers: Answer[], code: string, wait?: number][] = [
  ['a disk that is read-only', [no(503, 'server-trouble')], 'server-trouble'],
  ['a disk that is full', [no(507, 'server-full')], 'server-full'],
  ['a disk that became read-only meanwhile', [OFFER, no(503, 'server-trouble')], 'server-trouble'],
  ['too many attempts', [no(503, 'server-busy', { 'retry-after': '640' })], 'server-busy', 640],
  ['too much at once', [no(503, 'busy')], 'server-busy', 60],
  ['a server that ends just now', [no(503, 'cancelled')], 'server-unreachable'],
  ['one in between that is busy', [{ status: 503 }], 'server-busy', 60],
  [
    'one in between that limits',
    [{ status: 429, headers: { 'retry-after': '9' } }],
    'server-busy',
    9,
  ],
  ['an exchange that is over', [OFFER, no(404, 'not-found')], 'server-unreachable'],
  ['an older server', [no(404, 'not-found')], 'server-refused'],
  ['a laptop that it does not know', [no(403, 'not-registered')], 'not-registered'],
  ['a key of another laptop', [OFFER, no(409, 'key-taken')], 'key-taken'],
  ['a key that it does not take', [OFFER, no(400, 'bad-input')], 'server-refused'],
  ['a refusal in a newer word', [no(403, 'exam-week')], 'server-refused'],
];
for (const [what, answers, expected, wait] of CASES) {
  test(`${what}: ${expected}`, async () => {
    const failure = await failureOf(answers, 'introduce');
    assert.equal([failure.code, failure.wait], [expected, wait], failure.message);
    const passes = ['server-busy', 'server-unreachable'].includes(expected);
    assert.is(failure.retry, passes);
  });
}

const xml = (members: Record<string, string>): Answer => {
  const struct = Object.entries(members).map(([name, value]) => {
    return `<member><name>${name}</name><value><string>${value}</string></value></member>`;
  });
  const value = `<value><struct>${struct.join('')}</struct></value>`;
  return {
    status: 200,
    body: `<methodResponse><params><param>${value}</param></params></methodResponse>`,
  };
};
const error = 'the disk of the school server has become read-only';
const REGISTRATIONS: [what: string, answer: Answer, code: string, wait?: number][] = [
  ['too many at once', no(503, 'server-busy', { 'retry-after': '7' }), 'server-busy', 7],
  ['a server that ends just now', no(503, 'cancelled'), 'server-unreachable'],
  ['a server without a disk', no(503, 'server-trouble'), 'server-trouble'],
  ['a refusal', xml({ success: 'ERR', error: 'no' }), 'not-registered'],
  [
    'a refusal with its code',
    xml({ success: 'ERR', error, code: 'server-refused' }),
    'not-registered',
  ],
  [
    'trouble with its code',
    xml({ success: 'ERR', error, code: 'server-trouble' }),
    'server-trouble',
  ],
  ['a full disk with its code', xml({ success: 'ERR', error, code: 'server-full' }), 'server-full'],
];
for (const [what, answer, expected, wait] of REGISTRATIONS) {
  test(`a registration meets ${what}: ${expected}`, async () => {
    const failure = await failureOf([answer], 'register');
    assert.equal([failure.code, failure.wait], [expected, wait], failure.message);
  });
}

test.run();
