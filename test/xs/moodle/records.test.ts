/**
 * What is kept of Moodles and accounts: added by an admin, whole on the disk or not at all, and a damaged file
 * lets nobody in and stops nothing.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asDsError } from '../../../shared/errors.ts';
import { AcceptedLaunches } from '../../../xs/moodle/accepted.ts';
import { fetchKeys } from '../../../xs/moodle/fetch-keys.ts';
import { readKeys, readPlatform } from '../../../xs/moodle/platform.ts';
import { MoodleRecords } from '../../../xs/moodle/records.ts';
import { ShortLived } from '../../../xs/moodle/short-lived.ts';
import { toolFields } from '../../../xs/moodle/tool-fields.ts';
import { readAudit } from '../../../xs/registration/audit.ts';
import { inLibrary } from '../../../xs/storage/paths.ts';
import { makeLibrary, SERIAL } from '../library.ts';
import { openWhole, serialOf, testClock } from '../whole.ts';
import { openMoodle } from './small-moodle.ts';

const test = suite('Moodles and accounts');

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'k1' };
const WORDS = ['http://box.lan/moodle', 'aB3', '2'];
const KEYS = readKeys(JSON.stringify({ keys: [jwk] }));
const { jwks: _, ...GIVEN } = readPlatform(WORDS);
const PLATFORM = { ...GIVEN, keys: KEYS };

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return asDsError(error).code;
  }
}

test('an address is taken as Moodle signs it, and its own pages are the default', () => {
  assert.equal(readPlatform([' http://box.lan/moodle/ ', 'aB3 ', '2']), {
    ...{ issuer: 'http://box.lan/moodle', client: 'aB3', deployment: '2' },
    auth: 'http://box.lan/moodle/mod/lti/auth.php',
    jwks: 'http://box.lan/moodle/mod/lti/certs.php',
  });
  const moved = { auth: 'https://m.example/ltix/auth.php', jwks: '/root/keys.json' };
  const read = readPlatform(['https://m.example', 'c', 'd'], moved);
  assert.equal([read.auth, read.jwks], [moved.auth, moved.jwks]);
});

test('what is no address or no number of Moodle is named, and adds nothing', () => {
  for (const wrong of [
    ['box.lan/moodle', 'a', '1'],
    ['ftp://box.lan', 'a', '1'],
    ['http://user:pw@box.lan', 'a', '1'],
    ['http://box.lan/?x=1', 'a', '1'],
    ['http://box.lan/#x', 'a', '1'],
    ['http://box.lan:99999', 'a', '1'],
    ['javascript:alert(1)', 'a', '1'],
    [`http://box.lan/${'x'.repeat(300)}`, 'a', '1'],
    ['http://box.lan/moodle"; x', 'a', '1'],
    ['http://box.lan', '', '1'],
    ['http://box.lan', 'a b', '1'],
    ['http://box.lan', 'a', 'x'.repeat(256)],
  ]) {
    assert.is(
      codeOf(() => readPlatform(wrong)),
      'bad-input',
      JSON.stringify(wrong),
    );
  }
  for (const flags of [{ auth: 'x' }, { jwks: 'file:///etc/passwd' }, { auth: 'http://a/?b' }]) {
    assert.is(
      codeOf(() => readPlatform(WORDS, flags)),
      'bad-input',
      JSON.stringify(flags),
    );
  }
});

test('only RSA keys for signatures that nobody can break are taken', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const weak = { ...small.publicKey.export({ format: 'jwk' }), kid: 'weak' };
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const curve = { ...other.publicKey.export({ format: 'jwk' }), kid: 'ec' };
  for (const keys of [
    [],
    [weak],
    [curve],
    [{ ...jwk, use: 'enc' }],
    [{ ...jwk, alg: 'RS512' }],
    [{ ...jwk, kid: undefined }],
    [{ ...jwk, kid: '' }],
    [{ ...jwk, n: 'AAAA' }],
    [jwk, jwk],
    Array.from({ length: 11 }, (_, n) => ({ ...jwk, kid: `k${n}` })),
    [{ kty: 'oct', k: 'AAAA', kid: 'k' }],
  ]) {
    assert.is(
      codeOf(() => readKeys(JSON.stringify({ keys }))),
      'bad-input',
      JSON.stringify(keys),
    );
  }
  for (const text of ['', '{}', '[]', 'null', '{"keys":1}', '<html>']) {
    assert.is(
      codeOf(() => readKeys(text)),
      'bad-input',
      text,
    );
  }
  const kept = readKeys(JSON.stringify({ keys: [weak, { ...jwk, n: `${jwk.n}==` }, curve] }));
  assert.equal(kept, [{ kid: 'k1', n: jwk.n, e: jwk.e }]);
});

test('keys come from the very address, at most a little and not for ever; or from a file', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: '/good' }).end();
    else if (request.url === '/much') response.end('x'.repeat(200_000));
    else if (request.url === '/error') response.writeHead(500).end('{}');
    else response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'ds-keys-'));
  try {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    assert.is(await fetchKeys(`${base}/good`), '{"keys":[]}');
    const file = join(folder, 'keys.json');
    writeFileSync(file, 'in a file');
    assert.is(await fetchKeys(file), 'in a file');
    writeFileSync(file, 'x'.repeat(100_000));
    for (const place of [
      ...['/away', '/much', '/error'].map((path) => base + path),
      ...['http://127.0.0.1:1/', file, join(folder, 'missing'), folder],
    ]) {
      const error = asDsError(await fetchKeys(place).catch((cause: unknown) => cause));
      assert.is(error.code, 'bad-input', place);
      assert.ok(error.message.includes(place) && error.hint, error.message);
    }
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  }
});

test('accounts outlive a restart, in a file that only the service can read', () => {
  using library = makeLibrary();
  const { paths } = library;
  const clock = testClock('2026-03-02T08:00:00Z');
  const records = new MoodleRecords(paths, clock);
  const { platform } = records.add(PLATFORM);
  const bound = records.bind({ platform: platform.id, sub: '4', name: null, serial: SERIAL });
  assert.is(statSync(inLibrary(paths).moodle).mode & 0o777, 0o600);
  const again = new MoodleRecords(paths, clock);
  assert.equal(again.platforms(), [platform]);
  assert.equal(again.boundTo(platform.id, '4'), bound);
  assert.equal(again.find(PLATFORM.issuer, PLATFORM.client), platform);
  for (const [sub, serial] of [
    ['4', serialOf(2)],
    ['5', SERIAL],
  ] as const) {
    const what = { platform: platform.id, sub, name: null, serial };
    assert.is(
      codeOf(() => again.bind(what)),
      'bad-input',
    );
  }
  assert.is(
    codeOf(() => again.bind({ platform: 'x', sub: '9', name: null, serial: SERIAL })),
    'bad-input',
  );
  assert.equal(again.add({ ...PLATFORM, client: 'other' }).dropped, 1);
  assert.equal([again.platforms().length, again.bindings()], [1, []]);
  assert.is(
    codeOf(() => again.forget('http://nowhere')),
    'not-found',
  );
});

test('with any one bit of the file turned, the accounts are as they were or nobody is let in', () => {
  using library = makeLibrary();
  const { paths } = library;
  const clock = testClock('2026-03-02T08:00:00Z');
  const records = new MoodleRecords(paths, clock);
  const { platform } = records.add(PLATFORM);
  records.bind({ platform: platform.id, sub: '4', name: 'Jocinta', serial: SERIAL });
  const { moodle: file } = inLibrary(paths);
  const right = readFileSync(file);
  let kept = 0;
  for (let at = 0; at < right.length; at += 3) {
    const bytes = Buffer.from(right);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(file, bytes);
    const read = new MoodleRecords(paths, clock);
    if (read.bindings().length === 0) continue;
    assert.equal([read.bindings(), read.platforms()], [records.bindings(), records.platforms()]);
    kept += 1;
  }
  assert.ok(kept < right.length / 6, 'only blanks and line ends do not count');
});

test('what is ended is ended at once, even where the disk takes nothing', () => {
  using library = makeLibrary();
  const { paths } = library;
  const records = new MoodleRecords(paths, testClock('2026-03-02T08:00:00Z'));
  const { platform } = records.add(PLATFORM);
  records.bind({ platform: platform.id, sub: '4', name: null, serial: SERIAL });
  rmSync(inLibrary(paths).moodle);
  mkdirSync(join(inLibrary(paths).moodle, 'in the way'), { recursive: true });
  assert.throws(() =>
    records.bind({ platform: platform.id, sub: '5', name: null, serial: serialOf(2) }),
  );
  assert.is(records.bindings().length, 1, 'nothing is opened that is not on the disk');
  assert.throws(() => records.end(() => true));
  assert.equal(records.bindings(), []);
});

test('a damaged file lets nobody in, is told, and is set aside when a Moodle is added again', async () => {
  for (const content of [
    '',
    '{',
    '{"version":1}',
    '{"version":2,"platforms":[],"bindings":[]}',
    null,
  ]) {
    await using moodle = await openMoodle();
    const folder = mkdtempSync(join(tmpdir(), 'ds-damaged-'));
    try {
      const file = join(folder, 'library', '.moodle.json');
      mkdirSync(content === null ? join(file, 'x') : join(folder, 'library'), { recursive: true });
      if (content !== null) writeFileSync(file, content);
      await using whole = await openWhole('', { folder });
      const { library, command } = whole;
      assert.equal(
        library.faults.list().map(({ part }) => part),
        ['moodle'],
        String(content),
      );
      assert.match(await command('doctor'), /: moodle\s+\(/);
      assert.match(await command('moodle', ['list']), /no Moodle signs children on/);
      assert.match(await command('laptops'), /Jocinta/, 'everything else goes on');
      await command('moodle', ['add', moodle.wwwroot, moodle.client, moodle.deployment]);
      assert.equal(library.faults.list(), []);
      assert.is(JSON.parse(readFileSync(file, 'utf8')).platforms.length, 1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});

test('an admin adds, lists and forgets one, and reads every field to fill in', async () => {
  await using moodle = await openMoodle();
  await using whole = await openWhole('[http]\nlisten = "0.0.0.0:8080"\n');
  const { command, library } = whole;
  assert.match(
    await command('moodle', ['list']),
    /no Moodle signs[\s\S]*Tool URL[\s\S]*switched off/,
  );
  const added = await command('moodle', ['add', moodle.wwwroot, moodle.client, moodle.deployment]);
  assert.match(
    added,
    /Redirection URI\(s\) +http:\/\/schoolserver:8080\/ds-restore\/moodle\/launch/,
  );
  assert.equal(moodle.asked, ['mod/lti/certs.php'], 'asked once, and for its keys only');
  const json = JSON.parse(await command('moodle', ['list'], { json: true }));
  assert.equal(
    json.moodles.map((one: { wwwroot: string; accounts: number }) => [one.wwwroot, one.accounts]),
    [[moodle.wwwroot, 0]],
  );
  const fingerprint = String(json.moodles[0].fingerprint);
  assert.ok(added.includes(fingerprint));
  assert.match(await command('moodle', ['end', 'Jocinta']), /no account/);
  assert.match(await command('moodle', ['forget', `${moodle.wwwroot}/`]), /signs nobody on/);
  assert.equal(library.moodle.platforms(), []);
  assert.equal(
    readAudit(library.paths)
      .map(({ event }) => event)
      .slice(-2),
    ['moodle-added', 'moodle-forgotten'],
  );
  for (const wrong of [[], ['add'], ['add', 'x', 'y'], ['list', 'x'], ['forget'], ['drop', 'x']]) {
    const error = asDsError(await command('moodle', wrong).catch((cause: unknown) => cause));
    assert.is(error.code, 'usage', wrong.join(' '));
  }
});

test('the fields name our own port, or the one in front of it where ours is inside', () => {
  const urlOf = (listen: string, port?: number, publicPort?: number) => {
    const http = { listen, name: 'schoolserver', proxies: [], publicPort };
    const url = toolFields({ http }, port).find(({ label }) => label === 'Tool URL')?.value ?? '';
    return url.replace('/ds-restore/moodle/launch', '');
  };
  assert.is(urlOf('0.0.0.0:8080', 8080, 80), 'http://schoolserver:8080');
  assert.is(urlOf('0.0.0.0:80'), 'http://schoolserver');
  assert.is(urlOf('0.0.0.0:0', 4321), 'http://schoolserver:4321');
  assert.is(urlOf('127.0.0.1:8080', 8080), 'http://schoolserver');
  assert.is(urlOf('127.0.0.1:8080', 8080, 8090), 'http://schoolserver:8090');
});

test('what is good for a time is bounded, and the oldest goes first', () => {
  const clock = testClock('2026-03-02T08:00:00Z');
  const some = new ShortLived<number>(clock, 1000, 3);
  for (let n = 1; n <= 4; n += 1) some.put(`k${n}`, n);
  assert.equal(
    [1, 2, 3, 4].map((n) => some.get(`k${n}`)),
    [undefined, 2, 3, 4],
  );
  assert.ok(some.isFull());
  assert.is(some.take('k2'), 2);
  assert.is(some.take('k2'), undefined);
  clock.pass(1000);
  assert.is(some.get('k3'), undefined);
  assert.not(some.isFull());
});

test('an account that is launched without end has to rest, and keeps nobody else out', () => {
  const clock = testClock('2026-03-02T08:00:00Z');
  const accepted = new AcceptedLaunches(clock);
  const isRefused = (nonce: string, account: string) =>
    codeOf(() => accepted.accept(nonce, account)) === 'server-refused';
  for (let n = 0; n < 200; n += 1) assert.not(isRefused(`n${n}`, 'p mallory'), String(n));
  assert.ok(isRefused('more', 'p mallory'));
  assert.not(isRefused('hers', 'p ana'));
  assert.ok(isRefused('hers', 'p ana'), 'a second time');
  assert.ok(isRefused('hers', 'q ben'), 'for whomever');
  clock.pass(15 * 60_000);
  assert.not(isRefused('later', 'p mallory'));
  for (let n = 0; n < 4999; n += 1) assert.not(isRefused(`m${n}`, `p ${n}`));
  assert.ok(isRefused('last', 'p ana'), 'when there are too many, none is forgotten too soon');
});

test.run();
