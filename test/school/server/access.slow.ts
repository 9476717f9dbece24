// weight: 55
/**
 * Strangers, foreign keys, forwarding and junk against the real sshd and service, both run
 * by an ordinary user and, where the tests are run by root, by root.
 */
import { execFileSync, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newRunId, parseSerial, type Serial } from '../../../shared/ids.ts';
import {
  commitmentTo,
  signTranscript,
  transcriptOf,
} from '../../../shared/protocol/introduction.ts';
import { parseOffer } from '../../../shared/protocol/messages.ts';
import { inCompletion, inLaptop } from '../../../xs/storage/paths.ts';
import { listSnapshots, newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { generateJournal } from '../../journal/generator.ts';
import { waitFor, within } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import { soak } from '../../soak.ts';
import { type School, startSchool } from '../school.ts';
import { runsAsRoot } from '../server.ts';

const test = suite('a laptop reaches what is its own');

const byRoot = testIf(runsAsRoot, test, 'a server run by root needs tests run by root');
const MODES = [
  ['ordinary', test],
  ['root', byRoot],
] as const;

const HERS = parseSerial('CSN74803BB1');
const HIS = parseSerial('SHC00800000');

function makeKey(school: School, name: string): string {
  const key = join(school.folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-C', '', '-N', '', '-f', key]);
  return key;
}

/** Registers and enrols a laptop by hand. */
async function admit(school: School, serial: Serial, key: string): Promise<void> {
  const line = readFileSync(`${key}.pub`, 'utf8').trim();
  const value = (text: string) => `<param><value><string>${text}</string></value></param>`;
  const values = [serial, 'nick', 'uuid', line.split(' ')[1] ?? ''].map(value).join('');
  await fetch(`${school.server.url}/`, {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body: `<methodCall><methodName>register</methodName><params>${values}</params></methodCall>`,
  });
}

/** Introduces this key, as our agent does. */
async function introduce(school: School, serial: Serial, key: string): Promise<Response> {
  const post = (step: string, body: object) =>
    fetch(`${school.server.url}/backup/1/introduce/${step}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const line = readFileSync(`${key}.pub`, 'utf8').trim();
  const secret = { serial, uuid: 'uuid', nonce: 'a'.repeat(64), key: line };
  const commit = { serial, uuid: 'uuid', commitment: commitmentTo(secret) };
  const offer = parseOffer(await (await post('commit', commit)).json());
  const signature = signTranscript(transcriptOf(secret, offer), readFileSync(key, 'utf8'));
  const { exchange } = offer;
  return post('reveal', { exchange, nonce: secret.nonce, key: line, signature });
}

function sshWords(school: School, key: string, login: string): string[] {
  const options = ['-F', '/dev/null', '-o', 'StrictHostKeyChecking=no', '-o', 'LogLevel=ERROR'];
  const hosts = join(school.folder, 'known_hosts');
  const more = [
    '-o',
    `UserKnownHostsFile=${hosts}`,
    '-o',
    'IdentitiesOnly=yes',
    '-o',
    'BatchMode=yes',
  ];
  const target = ['-i', key, '-p', String(school.server.sshPort), '-l', login, '127.0.0.1'];
  return [...options, ...more, ...target];
}

async function ssh(school: School, key: string, login: string, args: readonly string[]) {
  return school.laptop(0).run('ssh', [...sshWords(school, key, login), ...args]);
}

for (const [as, test] of MODES) {
  test(`${as}: the whole way works, and content in the pool is nobody's to change`, async () => {
    await using school = await startSchool({ server: { as } });
    const laptop = school.laptop(0);
    generateJournal(laptop.journal, { entries: 15, seed: 1 });
    const sent = await laptop.backup(['now']);
    assert.is(sent.exitCode, 0, sent.stderr);
    const before = readJournal(laptop.journal);
    await laptop.loseJournal();
    await laptop.startBus();
    const back = await laptop.backup(['restore', 'latest']);
    assert.is(back.exitCode, 0, back.stderr);
    assert.is(compareJournals(before, readJournal(laptop.journal)).identical, 15);
    const serial = parseSerial(laptop.serial);
    const manifest = newestSnapshot(school.server, serial);
    assert.ok(manifest);
    const folder = inLaptop(school.server, serial).snapshot(manifest.name);
    for (const name of readdirSync(folder).filter((one) => one.length >= 36)) {
      const stat = lstatSync(join(folder, name));
      assert.is(stat.mode & 0o777, 0o440);
      if (as === 'root') assert.is(stat.uid, 0, 'content is not owned by the sessions');
    }
  });

  test(`${as}: strangers and foreign keys are refused, and a key opens its own laptop only`, async () => {
    await using school = await startSchool({ server: { as } });
    const [hers, his, nobody] = ['hers', 'his', 'nobody'].map((name) => makeKey(school, name));
    if (!hers || !his || !nobody) throw new Error('unreachable');
    await admit(school, HERS, hers);
    await admit(school, HIS, his);
    for (const login of [HERS, HIS, 'ds-receive', 'root', 'nobody']) {
      assert.is((await ssh(school, nobody, login, ['api'])).exitCode, 255, login);
    }
    for (const login of ['root', 'sshd', 'daemon', 'CSN00000000', '../x', '']) {
      assert.is((await ssh(school, hers, login, ['api'])).exitCode, 255, login);
    }
    const push = (serial: Serial) => [`rsync --server -te.LsfxCIvu . completion/${serial}`];
    assert.is((await ssh(school, hers, HIS, push(HIS))).exitCode, 255, 'not with her key');
    assert.is((await ssh(school, hers, HERS, push(HIS))).exitCode, 12, 'not in her place');
    for (const command of ['sh', 'id', 'scp -t .', 'sftp-server']) {
      const refused = await ssh(school, hers, HERS, [command]);
      assert.equal([refused.exitCode, refused.stdout], [12, ''], command);
    }
    assert.is.not((await ssh(school, hers, HERS, ['-s', 'sftp'])).exitCode, 0, 'sftp');
    assert.is((await ssh(school, hers, HERS, [])).exitCode, 12, 'no shell');
  });

  test(`${as}: a key that somebody else shows as well leads nobody astray`, async () => {
    await using school = await startSchool({ server: { as } });
    const hers = makeKey(school, 'hers');
    // His comes first: a copied home, or somebody who read her public key off the air.
    await admit(school, HIS, hers);
    await admit(school, HERS, hers);
    for (const [mine, other] of [
      [HERS, HIS],
      [HIS, HERS],
    ] as const) {
      const push = async (serial: Serial) =>
        await ssh(school, hers, mine, [`rsync --server -te.LsfxCIvu . completion/${serial}`]);
      assert.match((await push(other)).stderr, /not a place of this laptop/);
      assert.match((await push(mine)).stderr, /^rsync: connection unexpectedly closed/, 'let in');
    }
    const key = makeKey(school, 'agent');
    assert.is((await introduce(school, HERS, key)).status, 200);
    const taken = await introduce(school, HIS, key);
    const { code } = (await taken.json()) as { code: string };
    assert.equal([taken.status, code], [409, 'key-taken']);
    assert.is((await ssh(school, key, HIS, ['api'])).exitCode, 255);
  });

  test(`${as}: no forwarding of ports, agent or terminal`, async () => {
    await using school = await startSchool({ server: { as } });
    const key = makeKey(school, 'hers');
    await admit(school, HERS, key);
    const port = new URL(school.server.url).port;
    const stdio = await ssh(school, key, HERS, ['-W', `127.0.0.1:${port}`]);
    assert.is.not(stdio.exitCode, 0);
    assert.match(stdio.stderr, /prohibited|forwarding failed|open failed/i);
    const remote = ['-o', 'ExitOnForwardFailure=yes', '-R', '127.0.0.1:0:127.0.0.1:1', 'api'];
    assert.match((await ssh(school, key, HERS, remote)).stderr, /failed|disabled|refused/i);
    const terminal = await ssh(school, key, HERS, ['-tt', 'id']);
    assert.is(/uid=/.test(terminal.stdout), false);
  });
}

/** Connections that never log in, a lap around these addresses; some say who they are, some nothing. */
async function strangers({ server }: School, count: number, addresses: number) {
  const sockets: Socket[] = [];
  const admitted = { count: 0 };
  // As many at once as fit into the queue of a socket: what the kernel drops would wait without end.
  const turns = Array.from({ length: Math.ceil(count / 40) }, (_, turn) => turn * 40);
  const knock = (from: number) =>
    Array.from({ length: Math.min(40, count - from) }, async (_, index) => {
      const n = from + index;
      const place = n % addresses;
      const localAddress = `127.0.${1 + Math.floor(place / 250)}.${1 + (place % 250)}`;
      const socket = connect({ host: '127.0.0.1', port: server.sshPort, localAddress });
      sockets.push(socket.on('error', () => {}));
      socket.once('data', (banner: Buffer) => {
        if (!banner.includes('SSH-2.0')) return;
        admitted.count += 1;
        if (n % 2 === 0) socket.write('SSH-2.0-OpenSSH_9.2\r\n');
      });
      await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    });
  for (const turn of turns) await Promise.all(knock(turn));
  return {
    admitted,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

test('laptops log in while strangers from many addresses sit and say nothing', async () => {
  await using school = await startSchool();
  const key = makeKey(school, 'hers');
  await admit(school, HERS, key);
  const logIn = async () => {
    const { exitCode } = await ssh(school, key, HERS, ['id']);
    return exitCode === 12; // the session script has refused, so sshd has let it in
  };
  const crowd = soak(320, 100);
  for (const [count, addresses, most] of [
    [crowd, crowd, crowd],
    [crowd, 1, 40],
  ] as const) {
    using there = await strangers(school, count, addresses);
    const done: boolean[] = [];
    for (let n = 0; n < 10; n += 1) done.push(await logIn());
    assert.is(done.filter(Boolean).length, 10, `of 10, beside ${count} from ${addresses}`);
    assert.ok(there.admitted.count <= most, `${there.admitted.count} of ${count} admitted`);
  }
  // Wrong keys of one address: a child's laptop behind the same router gets in all the same.
  const wrong = makeKey(school, 'wrong');
  for (let n = 0; n < 12; n += 1) {
    assert.is((await ssh(school, wrong, HERS, ['id'])).exitCode, 255);
  }
  assert.ok(await logIn());
});

const JUNK: [string, (serial: Serial) => string | Buffer][] = [
  ['no JSON', () => 'hello'],
  ['binary', () => Buffer.alloc(5000, 0xfe)],
  ['an array', () => '[]'],
  ['deep nesting', () => '['.repeat(100_000)],
  ['another format', () => '{"format":"tar"}'],
  [
    'a path for a uid',
    (serial) =>
      completion(serial, { changed: [['../../../etc/passwd-000000000000000', 'a'.repeat(64)]] }),
  ],
  ['another laptop', () => completion(HIS, {})],
  ['a negative count', (serial) => completion(serial, { entries: -1 })],
  ['a huge count', (serial) => completion(serial, { entries: 1e300 })],
  ['a wrong digest', (serial) => completion(serial, { state: 'x' })],
  ['an unknown key', (serial) => completion(serial, { extra: 1 })],
  ['too large', () => Buffer.alloc(9 * 1024 * 1024, 0x20)],
];

function completion(serial: Serial, change: object): string {
  const good = {
    ...{ format: 'ds-backup-completion', version: 1, serial, run: newRunId(), agent: 'x' },
    ...{ base: null, changed: [], removed: [], state: 'a'.repeat(64), entries: 0 },
  };
  return JSON.stringify({ ...good, ...change });
}

test('completion files with junk are refused with a reason and change nothing', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 3, seed: 2 });
  assert.is((await laptop.backup(['now'])).exitCode, 0);
  const serial = parseSerial(laptop.serial);
  const before = listSnapshots(school.server, serial);
  const places = inCompletion(school.server);
  for (const [what, make] of JUNK) {
    const seen = school.server.daemon.lines.length;
    // As a session does: an unfinished file would be an empty one, which means something else.
    const unfinished = join(school.server.completion, '.unfinished');
    writeFileSync(unfinished, make(serial));
    renameSync(unfinished, places.waiting(serial));
    await waitFor(`${what} is refused`, () =>
      school.server.daemon.lines.slice(seen).some((line) => line.includes('completion-refused')),
    );
    await waitFor('it is gone', () => !existsSync(places.claimed(serial)));
    assert.equal(listSnapshots(school.server, serial), before, what);
  }
  mkdirSync(places.waiting(serial));
  chmodSync(places.waiting(serial), 0o777); // the service may be another user
  await waitFor('a folder is refused too', () => !existsSync(places.waiting(serial)));
  writeFileSync(join(school.server.completion, 'not-a-serial'), 'x');
  writeFileSync(places.waiting(parseSerial('ABC00000000')), '');
  await waitFor('a stranger', () =>
    school.server.daemon.lines.some((line) => line.includes('completion-of-unknown-laptop')),
  );
  assert.ok(school.server.daemon.running());
});

test('the service stops within ten seconds, also while laptops are connected', async () => {
  await using school = await startSchool();
  const key = makeKey(school, 'hers');
  await admit(school, HERS, key);
  // Its input stays open, or the session would end by itself.
  const stdio: StdioOptions = ['pipe', 'ignore', 'inherit'];
  const open = spawn('ssh', [...sshWords(school, key, HERS), 'api'], { stdio });
  const closed = once(open, 'close');
  await school.server.daemon.line(/Accepted/);
  assert.is(open.exitCode, null, 'it is connected');
  const asked = performance.now();
  await school.server.daemon.stop();
  await within('the end of the service', 10_000, performance.now() - asked);
  assert.is(await school.server.daemon.ended, 0, 'by itself');
  await closed;
});

test.run();
