import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { childEnvironment, defaultProfile, readConfig, serverUrls } from '../../../agent/config.ts';
import { inventIdentity, keepIdentity, readIdentity } from '../../../agent/identity/identity.ts';
import { parseAnswer } from '../../../agent/identity/registration.ts';
import { parseVariantText } from '../../../agent/identity/sugar-settings.ts';
import { Meter, type Progress, parseProgress2 } from '../../../agent/progress.ts';
import { readAdmission } from '../../../agent/wire/admission.ts';
import { explainRsync } from '../../../agent/wire/rsync.ts';
import { explainSsh } from '../../../agent/wire/ssh.ts';
import type { DsError, ErrorCode } from '../../../shared/errors.ts';
import { makeProfile } from '../journal/journal.ts';

const test = suite('what the agent is told, and what it says');

const RSYNC: [number, string, 'send' | 'fetch', ErrorCode | 'partial'][] = [
  [11, 'write failed on "/incoming/x": No space left on device (28)', 'send', 'server-full'],
  [23, 'mkstemp "/incoming/.x" failed: No space left on device (28)', 'send', 'server-full'],
  [11, 'write failed on "x": No space left on device (28)', 'fetch', 'laptop-full'],
  [11, 'write failed: Disk quota exceeded (122)', 'fetch', 'laptop-full'],
  [23, 'some files could not be transferred', 'send', 'partial'],
  [24, 'some files vanished', 'send', 'partial'],
  [12, 'ds-backup: refused: not a place of this laptop', 'send', 'server-refused'],
  [12, 'ds-backup: refused: all-slots-taken, come back in 40 seconds', 'send', 'server-busy'],
  [12, 'ds-backup: refused: the service does not answer', 'send', 'server-unreachable'],
  [12, 'connection unexpectedly closed', 'send', 'transfer'],
  [30, 'timeout in data send/receive', 'fetch', 'transfer'],
  [255, 'Broken pipe', 'send', 'transfer'],
  [10, '', 'send', 'transfer'],
];
for (const [code, stderr, direction, expected] of RSYNC) {
  test(`rsync's exit code ${code} (${stderr || 'silent'}) on ${direction} is ${expected}`, () => {
    const result = explainRsync(code, stderr, direction);
    assert.is(result === 'partial' ? result : result.code, expected);
  });
}

const SSH: [string, ErrorCode][] = [
  ['Host key verification failed.', 'untrusted-server'],
  ['ds-receive@host: Permission denied (publickey).', 'not-registered'],
  ['ssh: connect to host x port 22: Connection refused', 'server-unreachable'],
  ['', 'server-unreachable'],
];
for (const [complaint, expected] of SSH) {
  test(`ssh saying "${complaint}" is ${expected}`, () => {
    const result = explainSsh(255, complaint, 'http://x');
    assert.is(result === 'untrusted-server' ? result : result.code, expected);
  });
}

test('the answers to "may I?"', () => {
  assert.equal(readAdmission(200, {}, 's'), { admit: true });
  assert.equal(readAdmission(403, {}, 's'), { admit: false, reason: 'not-registered' });
  const busy = (seconds: number) => ({
    admit: false,
    reason: 'busy',
    retryAfterSeconds: seconds,
  });
  const later = (text: string) => readAdmission(503, { 'retry-after': text }, 's');
  assert.equal(later('17'), busy(17));
  assert.equal(readAdmission(503, {}, 's'), busy(60));
  assert.equal(later('Wed, 21 Oct 2015 07:28:00 GMT'), busy(60));
  assert.equal(later('999999999'), busy(86_400));
  assert.throws(() => readAdmission(404, {}, 's'), /no backup server/);
});

const PLACES: [place: string | string[] | undefined, why: string | string[] | undefined, object][] =
  [
    ['3', 'all-slots-taken', { place: 3, why: 'all-slots-taken' }],
    ['3', undefined, { place: 3 }],
    [undefined, 'a-word-of-a-newer-server', { why: 'a-word-of-a-newer-server' }],
    ['0', '', {}],
    ['-1', 'Two Words', {}],
    ['1e3', '<script>', {}],
    ['9'.repeat(20), 'x'.repeat(50), {}],
    [['1', '2'], ['a', 'b'], {}],
  ];
test('place and reason are read where a server gives them, and junk is passed over', () => {
  for (const [place, why, expected] of PLACES) {
    const headers = { 'retry-after': '9', 'x-backup-place': place, 'x-backup-reason': why };
    const busy = { admit: false, reason: 'busy', retryAfterSeconds: 9 };
    assert.equal(readAdmission(503, headers, 's'), { ...busy, ...expected });
  }
});

test("rsync's progress lines are read, and nothing else is", () => {
  assert.equal(parseProgress2('        32768  12%    0.00kB/s    0:00:00 (xfr#1, to-chk=3/5)'), {
    bytes: 32_768,
    percent: 12,
  });
  assert.equal(parseProgress2('  1,234,567 100%   10.00MB/s    0:00:01'), {
    bytes: 1_234_567,
    percent: 100,
  });
  assert.is(parseProgress2('Total bytes sent: 100'), undefined);
});

test('progress never goes back and never beyond the whole', () => {
  const seen: Progress[] = [];
  const meter = new Meter((progress) => seen.push(progress));
  meter.expect(3, 100);
  const first = meter.batch();
  const second = meter.batch();
  for (const bytes of [10, 50, 30, 60]) first.bytes(bytes);
  second.bytes(15);
  first.done(2, 80);
  second.bytes(90);
  second.done(2, 100);
  meter.expect(1, 10);
  meter.finish();
  let last = { bytesDone: 0, entriesDone: 0 };
  for (const step of seen) {
    assert.ok(step.bytesDone >= last.bytesDone && step.entriesDone >= last.entriesDone);
    assert.ok(step.bytesDone <= step.bytesTotal && step.entriesDone <= step.entriesTotal);
    last = step;
  }
  assert.equal([last.bytesDone, last.entriesDone], [100, 3]);
});

test('entries count while their batch is on its way, each once', () => {
  const seen: Progress[] = [];
  const meter = new Meter((progress) => seen.push(progress));
  meter.expect(40, 1000);
  const batch = meter.batch();
  batch.bytes(250, 10);
  batch.bytes(200, 8);
  batch.bytes(500, 20);
  batch.done(40, 1000);
  assert.equal(
    seen.slice(1).map(({ entriesDone, bytesDone }) => [entriesDone, bytesDone]),
    [
      [10, 250],
      [10, 250],
      [20, 500],
      [40, 1000],
    ],
  );
});

test("an XO's own number counts before one made up by Sugar", () => {
  using profile = makeProfile();
  const { paths } = profile;
  const machine = join(paths.profile, 'ofw');
  assert.is(readIdentity(paths, [machine]), undefined);
  const made = inventIdentity();
  keepIdentity(paths, made);
  assert.equal(readIdentity(paths, [machine]), made);
  mkdirSync(join(machine, 'mfg-data'), { recursive: true });
  writeFileSync(join(machine, 'mfg-data', 'SN'), 'CSN74803BB1\0');
  writeFileSync(join(machine, 'mfg-data', 'U#'), 'ABC\n\0');
  assert.equal(readIdentity(paths, [machine]), { serial: 'CSN74803BB1', uuid: 'ABC' } as never);
  writeFileSync(join(machine, 'mfg-data', 'SN'), 'SHF00000000');
  assert.equal(readIdentity(paths, [machine]), made, "Sugar's stand-in is many laptops' number");
  writeFileSync(paths.serial, '../../etc');
  assert.throws(() => readIdentity(paths, []), /is not a serial number/);
});

test('the server is the one on the command line, in the settings, or of Sugar', () => {
  const base = { bandwidth: 0, spreadSeconds: 0, batch: { bytes: 1, entries: 1 } };
  const urls = (server?: string, backupUrl = '') =>
    serverUrls({ ...base, ...(server && { server }) }, backupUrl);
  assert.equal(urls(), {
    server: 'http://schoolserver',
    registration: 'http://schoolserver:8080/',
  });
  assert.is(urls(undefined, 'CSN74803BB1@xs.school:backup').server, 'http://xs.school');
  assert.is(urls(undefined, 'nonsense').server, 'http://schoolserver');
  assert.equal(urls('http://a:1234/'), {
    server: 'http://a:1234',
    registration: 'http://a:1234/',
  });
});

test('a setting that does not exist or cannot be is an error that names it and its place', () => {
  using profile = makeProfile();
  const { paths } = profile;
  const error = (text: string) => {
    writeFileSync(paths.config, text);
    try {
      readConfig(paths, {});
    } catch (caught) {
      return (caught as DsError).message;
    }
    return 'no error';
  };
  assert.match(error('sever = "x"'), /config\.toml: unknown key "sever"/);
  assert.match(error('server = "schoolserver"'), /"server": must be an address/);
  assert.match(error('[batch]\nbytes = 0'), /"batch\.bytes"/);
  assert.match(error('='), /config\.toml:1:1 is not TOML/);
  assert.is(error('bandwidth = 100'), 'no error');
  assert.is(readConfig(paths, { bandwidth: 7 }).bandwidth, 7, 'the command line wins');
});

test('the environment says where the profile is, and does not change what rsync says', () => {
  assert.is(defaultProfile({ HOME: '/h' }), '/h/.sugar/default');
  assert.is(defaultProfile({ HOME: '/h', SUGAR_HOME: '/s', SUGAR_PROFILE: 'p' }), '/s/p');
  assert.equal(childEnvironment({ PATH: '/bin', RSYNC_RSH: 'rsh', LC_ALL: 'es_PE.UTF-8' }), {
    PATH: '/bin',
    LC_ALL: 'C.UTF-8',
  });
});

const struct = (members: Record<string, string>) =>
  `<?xml version="1.0"?><methodResponse><params><param><value><struct>${Object.entries(members)
    .map(([k, v]) => `<member><name>${k}</name><value><string>${v}</string></value></member>`)
    .join('')}</struct></value></param></params></methodResponse>`;

const ANSWERS: [string, number, string, string][] = [
  ['yes', 200, struct({ success: 'OK', backupurl: 'x' }), 'OK'],
  ['no, with the reason', 200, struct({ success: 'ERR', error: 'closed' }), 'closed'],
  ['a web page', 200, '<html></html>', 'its answer makes no sense'],
  ['no XML', 200, 'hello <', 'its answer is not XML'],
  ['an error status', 500, '', 'HTTP status 500'],
  [
    'a document type',
    200,
    `<!DOCTYPE x []>${struct({ success: 'OK' })}`,
    'its answer has a document type',
  ],
];
for (const [name, status, body, expected] of ANSWERS) {
  test(`the answer to a registration: ${name}`, async () => {
    const answer = await parseAnswer(status, body);
    assert.is(answer.success ? 'OK' : answer.error, expected);
  });
}

test("gsettings' quotes are taken off", () => {
  assert.is(parseVariantText("'Ana'\n"), 'Ana');
  assert.is(parseVariantText('"Ana\'s"\n'), "Ana's");
  assert.is(parseVariantText("'a\\'b'"), "a'b");
  assert.is(parseVariantText('@as []'), '');
});

test.run();
