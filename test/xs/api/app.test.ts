import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../../shared/clock.ts';
import { parseSerial } from '../../../shared/ids.ts';
import { silentLog } from '../../../shared/log.ts';
import {
  commitmentTo,
  signTranscript,
  transcriptOf,
} from '../../../shared/protocol/introduction.ts';
import { parseEnrolAnswer, parseOffer, parseStanding } from '../../../shared/protocol/messages.ts';
import { createPublicApp } from '../../../xs/api/app.ts';
import { Strangers } from '../../../xs/registration/strangers.ts';
import { CALM } from '../../../xs/traffic/pressure.ts';
import { Traffic } from '../../../xs/traffic/traffic.ts';
import { makeKeyPair } from '../../shared/keys.ts';
import { enrol, makeLibrary, openRegistrations, SERIAL, type TestLibrary } from '../library.ts';

const test = suite('the public HTTP side, over a real socket');

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKlHQOVsibl+f6fTj/kXqwpwvntxyKDd7hncKTkRUPNK';
const rules = { slots: 1, restoreSlots: 1, leaseSeconds: 120, minFreePercent: 3, perSubnet: 0 };

async function serve(library: TestLibrary, freeBlocks = 0.5) {
  const registrations = openRegistrations(library);
  const app = createPublicApp({
    strangers: new Strangers(realClock, silentLog),
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

const post = (url: string, body: unknown) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('an introduction is answered with what the laptop pins, and its key is known after it', async () => {
  using library = makeLibrary();
  await using server = await serve(library);
  server.registrations.register(SERIAL, 'Jim', 'u', KEY);
  const at = (step: string) => `${server.url}/backup/1/introduce/${step}`;
  const { line, file } = makeKeyPair();
  const secret = { serial: SERIAL, uuid: 'u', nonce: 'a'.repeat(64), key: line };
  const standing = async () =>
    parseStanding(await (await post(at('standing'), { serial: SERIAL, key: line })).json()).state;
  assert.is(await standing(), 'unknown');
  const commitment = commitmentTo(secret);
  const commit = await post(at('commit'), { serial: SERIAL, uuid: 'u', commitment });
  const offer = parseOffer(await commit.json());
  assert.equal([offer.hostKey, offer.sshPort, offer.login], [KEY, 2222, 'ds-receive']);
  const { exchange } = offer;
  const signature = signTranscript(transcriptOf(secret, offer), file);
  const reveal = { exchange, nonce: secret.nonce, key: line, signature };
  const answer = await post(at('reveal'), reveal);
  assert.equal([answer.status, await answer.json()], [200, { state: 'accepted' }]);
  assert.is(await standing(), 'accepted');
  assert.is((await post(at('reveal'), reveal)).status, 404, 'used once');
});

test('an agent from before the introduction is told its accepted key, and gets no other in', async () => {
  using library = makeLibrary();
  await using server = await serve(library);
  server.registrations.register(SERIAL, 'Jim', 'u', KEY);
  const old = () => post(`${server.url}/backup/1/enrol`, { serial: SERIAL, uuid: 'u', key: KEY });
  const refusal = await old();
  assert.is(refusal.status, 426);
  assert.match(await refusal.text(), /too old/);
  assert.equal(server.registrations.get(SERIAL)?.pending, []);
  enrol(server.registrations, SERIAL, 'u', KEY);
  assert.is(parseEnrolAnswer(await (await old()).json()).state, 'accepted');
});

test('a flood of introductions from one address is refused, and "may I?" stays fast', async () => {
  using library = makeLibrary();
  await using server = await serve(library);
  const serials = Array.from({ length: 40 }, (_, n) =>
    parseSerial(`SHC008${String(n).padStart(5, '0')}`),
  );
  for (const [n, serial] of serials.entries()) {
    server.registrations.register(serial, 'x', 'u', KEY, `10.0.0.${n}`);
  }
  const statuses = new Map<number, number>();
  const commitment = 'a'.repeat(64);
  const url = `${server.url}/backup/1/introduce/commit`;
  for (let n = 0; n < 340; n += 1) {
    const { status, headers } = await post(url, {
      ...{ serial: serials[n % 40], uuid: 'u', commitment },
    });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 503) assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  }
  assert.ok((statuses.get(200) ?? 0) <= 120, JSON.stringify([...statuses]));
  assert.is([...statuses.keys()].sort().join(), '200,503');
  assert.is((await fetch(`${server.url}/backup/1/available/${serials[0]}`)).status, 200);
});

const BAD: [string, string, string, number][] = [
  ['no JSON', 'application/json', '{', 400],
  ['an array', 'application/json', '[]', 400],
  ['a number for the serial', 'application/json', '{"serial":1,"uuid":"u","commitment":"k"}', 400],
  ['an unknown key', 'application/json', `{"serial":"${SERIAL}","uuid":"u","x":1}`, 400],
  ['a malformed serial', 'application/json', '{"serial":"../..","uuid":"u"}', 400],
  ['a prototype', 'application/json', '{"__proto__":{"serial":"x"}}', 400],
  ['no commitment', 'application/json', `{"serial":"${SERIAL}","uuid":"u","commitment":"k"}`, 400],
  [
    'an unknown laptop',
    'application/json',
    `{"serial":"SHC00800000","uuid":"u","commitment":"${'a'.repeat(64)}"}`,
    403,
  ],
  ['another content type', 'text/plain', 'hello', 415],
  ['too much', 'application/json', `"${'x'.repeat(70_000)}"`, 413],
];
for (const [what, type, body, status] of BAD) {
  test(`a commitment with ${what} is refused with ${status} and says why`, async () => {
    using library = makeLibrary();
    await using server = await serve(library);
    const answer = await fetch(`${server.url}/backup/1/introduce/commit`, {
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
