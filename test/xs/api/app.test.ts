import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../../shared/clock.ts';
import { parseSerial } from '../../../shared/ids.ts';
import { silentLog } from '../../../shared/log.ts';
import { parseEnrolAnswer } from '../../../shared/protocol/messages.ts';
import { createPublicApp } from '../../../xs/api/app.ts';
import { CALM } from '../../../xs/traffic/pressure.ts';
import { Traffic } from '../../../xs/traffic/traffic.ts';
import { makeLibrary, openRegistrations, SERIAL, type TestLibrary } from '../library.ts';

const test = suite('the public HTTP side, over a real socket');

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKlHQOVsibl+f6fTj/kXqwpwvntxyKDd7hncKTkRUPNK';
const rules = { slots: 1, restoreSlots: 1, leaseSeconds: 120, minFreePercent: 3, perSubnet: 0 };

async function serve(library: TestLibrary, freeBlocks = 0.5) {
  const registrations = openRegistrations(library);
  const app = createPublicApp({
    ...{ registrations, traffic: new Traffic(realClock, rules), clock: realClock, log: silentLog },
    metrics: async () => 'xs_backup_laptops 1\n',
    load: async () => ({
      disk: { freeBytes: 1e9, usedBytes: 1e9, freeBlocks, freeInodes: 1 },
      pressure: CALM,
    }),
    ...{ hostName: 'schoolserver', hostKey: KEY, sshPort: 2222, login: 'ds-receive' },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    registrations,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => app.close(),
  };
}

test('"may I?" answers as the original client expects, always with an empty body', async () => {
  using library = makeLibrary();
  await using server = await serve(library);
  server.registrations.register(SERIAL, 'Jim', 'u', KEY);
  const cases: [string, number][] = [
    [SERIAL, 200],
    ['SHC00800000', 403],
    ['csn74803bb1', 404],
    ['..%2f..%2fetc', 404],
    [`${SERIAL}%00`, 404],
    [`${SERIAL}%0a`, 404],
    ['%E2%80%AE', 404],
    ['x'.repeat(3000), 414],
  ];
  for (const [name, status] of cases) {
    const answer = await fetch(`${server.url}/backup/1/available/${name}`);
    assert.is(answer.status, status, name);
    if (status < 404) assert.is(await answer.text(), '');
  }
  for (const path of ['/backup/2/available/', '/backup/1/', '/backup/', '/']) {
    assert.is((await fetch(`${server.url}${path}${path === '/' ? '' : SERIAL}`)).status, 404, path);
  }
});

test('a refusal says when to come again', async () => {
  using library = makeLibrary();
  await using server = await serve(library, 0.01);
  server.registrations.register(SERIAL, 'Jim', 'u', KEY);
  const answer = await fetch(`${server.url}/backup/1/available/${SERIAL}`);
  assert.is(answer.status, 503);
  assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
  assert.is(answer.headers.get('x-backup-reason'), 'disk-full');
  assert.is(answer.headers.get('x-backup-place'), null, 'there is no queue for a full disk');
  const restore = await fetch(`${server.url}/backup/1/available/${SERIAL}?for=restore`);
  assert.is(restore.status, 200, 'a full disk does not stop a restore');
});

test('a refusal tells place and reason in headers, and its body stays empty', async () => {
  using library = makeLibrary();
  await using server = await serve(library);
  const serials = [SERIAL, 'SHC00800001', 'SHC00800002'];
  for (const serial of serials) server.registrations.register(parseSerial(serial), 'Jim', 'u', KEY);
  const told: (string | null)[][] = [];
  for (const serial of serials) {
    const answer = await fetch(`${server.url}/backup/1/available/${serial}`);
    const { headers } = answer;
    told.push([
      String(answer.status),
      headers.get('x-backup-place'),
      headers.get('x-backup-reason'),
    ]);
    assert.is(await answer.text(), '');
    assert.match(headers.get('content-type') ?? '', /^text\/plain/);
  }
  assert.equal(told, [
    ['200', null, null],
    ['503', '1', 'all-slots-taken'],
    ['503', '2', 'all-slots-taken'],
  ]);
});

test('an enrolment is answered with what the laptop pins', async () => {
  using library = makeLibrary();
  await using server = await serve(library);
  server.registrations.register(SERIAL, 'Jim', 'u', KEY);
  const answer = await fetch(`${server.url}/backup/1/enrol`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ serial: SERIAL, uuid: 'u', key: KEY }),
  });
  assert.is(answer.status, 200);
  const { state, hostKey, sshPort, login } = parseEnrolAnswer(await answer.json());
  assert.equal([state, hostKey, sshPort, login], ['accepted', KEY, 2222, 'ds-receive']);
});

const BAD: [string, string, string, number][] = [
  ['no JSON', 'application/json', '{', 400],
  ['an array', 'application/json', '[]', 400],
  ['a number for the serial', 'application/json', '{"serial":1,"uuid":"u","key":"k"}', 400],
  ['an unknown key', 'application/json', `{"serial":"${SERIAL}","uuid":"u","key":"k","x":1}`, 400],
  ['a malformed serial', 'application/json', '{"serial":"../..","uuid":"u","key":"k"}', 400],
  ['a prototype', 'application/json', '{"__proto__":{"serial":"x"}}', 400],
  ['no key', 'application/json', `{"serial":"${SERIAL}","uuid":"u","key":"k"}`, 400],
  [
    'an unknown laptop',
    'application/json',
    `{"serial":"SHC00800000","uuid":"u","key":"${KEY}"}`,
    403,
  ],
  ['another content type', 'text/plain', 'hello', 415],
  ['too much', 'application/json', `"${'x'.repeat(70_000)}"`, 413],
];
for (const [what, type, body, status] of BAD) {
  test(`an enrolment with ${what} is refused with ${status} and says why`, async () => {
    using library = makeLibrary();
    await using server = await serve(library);
    const answer = await fetch(`${server.url}/backup/1/enrol`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    assert.is(answer.status, status);
    const { message } = (await answer.json()) as { message: string };
    assert.ok(message.length > 5, message);
    assert.is(server.registrations.all().length, 0);
  });
}

test.run();
