// weight: 75
/**
 * A laptop becomes known to the server: several programs of it at once make one laptop, a
 * registration that is cut short leaves none behind, and a key opens one laptop only.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { distFolder } from '../../../bundle/build.ts';
import { parseSerial, type Serial, tryParse } from '../../../shared/ids.ts';
import { hostKeyPublic, inLaptop, inState } from '../../../xs/storage/paths.ts';
import { listAside, listSnapshots } from '../../../xs/storage/snapshots.ts';
import { readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { makeKeyPair } from '../../shared/keys.ts';
import type { Finished, Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';
import { freePort } from '../server.ts';
import { settled } from '../settled.ts';

const test = suite('a laptop becomes known to the server');

const AT_ONCE = 5;

const registered = ({ server }: School) =>
  readdirSync(server.library).filter((name) => tryParse(parseSerial, name) !== undefined);

function succeeded(what: string, { exitCode, stderr }: Finished): void {
  assert.is(exitCode, 0, `${what}: ${stderr}`);
}

test('programs that introduce the laptop at the same moment make one laptop of it', async () => {
  await using school = await startSchool({ laptops: AT_ONCE });
  for (const [index, laptop] of school.laptops.entries()) {
    generateJournal(laptop.journal, { entries: 5, seed: index });
    const asked = [['now'], ['snapshots'], ['pins'], ['pins']];
    const all = await Promise.all(asked.map((words) => laptop.backup(words)));
    for (const [place, one] of all.entries()) succeeded(`${asked[place]}`, one);
    assert.is(registered(school).length, index + 1);
    succeeded('the day after', await laptop.backup(['now']));
    assert.is(listSnapshots(school.server, parseSerial(laptop.serial)).length, 1);
  }
});

/** Hands on what comes, and hangs up on the first registration once the server has said OK. */
async function openForgetfulLine(target: string) {
  let registrations = 0;
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const { method = 'GET', url = '/', headers } = request;
    const type = headers['content-type'];
    const answer = await fetch(new URL(url, target), {
      method,
      ...(type && { headers: { 'content-type': type } }),
      ...(body.length > 0 && { body }),
    });
    const text = await answer.text();
    if (type === 'text/xml' && ++registrations === 1) return request.socket.destroy();
    return response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    registrations: () => registrations,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

test('an answer that is lost leaves no second laptop on the server', async () => {
  await using school = await startSchool();
  await using line = await openForgetfulLine(school.server.url);
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 3, seed: 1 });
  const program = join(distFolder, 'ds-backup.mjs');
  const where = ['--profile', laptop.profile, '--server', line.url];
  const now = () => laptop.run(process.execPath, [program, 'now', '--direct', ...where]);
  const first = await now();
  assert.is.not(first.exitCode, 0);
  const [serial] = registered(school);
  assert.is(existsSync(join(laptop.profile, 'identifiers', 'sn')), false, 'not registered yet');
  succeeded('the next', await now());
  assert.is(line.registrations(), 2);
  assert.equal(registered(school), [laptop.serial]);
  assert.is(laptop.serial, serial);
  assert.is(existsSync(join(laptop.profile, 'ds-backup', 'identity')), false);
});

/** What a repaired laptop is: the same home, another number. */
function changeBoard(laptop: Laptop, serial: string, uuid: string): void {
  writeFileSync(join(laptop.profile, 'identifiers', 'uuid'), uuid);
  writeFileSync(join(laptop.profile, 'identifiers', 'sn'), serial);
}

test('a laptop with a new board is a new laptop, with a key of its own', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 8, seed: 2 });
  succeeded('before', await laptop.backup(['now']));
  const old = parseSerial(laptop.serial);
  const key = () => readFileSync(join(laptop.profile, 'ds-backup', 'key.pub'), 'utf8');
  const oldKey = key();
  changeBoard(laptop, 'SHC00800001', 'another');
  succeeded('after', await laptop.backup(['now']));
  const now = parseSerial(laptop.serial);
  assert.equal(registered(school).sort(), [old, now].sort());
  assert.is.not(key(), oldKey);
  const entries = (one: Serial) => listSnapshots(school.server, one).map((each) => each.entries);
  assert.equal([entries(old), entries(now)], [[8], [8]]);
  succeeded('a quiet day', await laptop.backup(['now']));
  assert.is(listSnapshots(school.server, old).length, 1);
  const listed = await laptop.backup(['snapshots', '--json']);
  succeeded('its own', listed);
  assert.is(JSON.parse(listed.stdout).snapshots.length, 1);
});

test('a home that was copied to a laptop before it ever registered', async () => {
  await using school = await startSchool({ laptops: 2 });
  const [first, second] = [school.laptop(0), school.laptop(1)];
  for (const { journal } of [first, second]) generateJournal(journal, { entries: 3, seed: 3 });
  succeeded('the first', await first.backup(['now']));
  // The image has a key and nothing else: it was taken between two steps.
  const own = join(second.profile, 'ds-backup');
  succeeded('copied', await first.run('cp', ['-r', join(first.profile, 'ds-backup'), own]));
  for (const name of readdirSync(own)) {
    if (!name.startsWith('key')) rmSync(join(own, name), { recursive: true });
  }
  succeeded('the second', await second.backup(['now']));
  assert.is(registered(school).length, 2);
  succeeded('the first again', await first.backup(['pins']));
  for (const laptop of [first, second]) {
    assert.is(listSnapshots(school.server, parseSerial(laptop.serial)).length, 1);
  }
});

/** What a teacher does at the terminal of the server. */
async function decide({ server }: School, laptop: Laptop, ...words: string[]): Promise<string> {
  const [program = '', ...first] = server.command;
  const done = await laptop.run(program, [...first, ...words, '--config', server.configFile]);
  succeeded(words.join(' '), done);
  return done.stdout;
}

/** What the server's status says; its exit code says that something needs attention. */
async function concerns({ server }: School, laptop: Laptop): Promise<string> {
  const [program = '', ...first] = server.command;
  const said = await laptop.run(program, [...first, 'status', '--config', server.configFile]);
  return said.stdout;
}

async function statusOf(laptop: Laptop): Promise<Record<string, unknown>> {
  const shown = await laptop.backup(['status', '--json']);
  succeeded('status', shown);
  return JSON.parse(shown.stdout);
}

const snapshotsOf = ({ server }: School, laptop: Laptop) =>
  listSnapshots(server, parseSerial(laptop.serial)).length;
const logins = ({ server }: School) =>
  server.daemon.lines.filter((line) => line.includes('Accepted publickey')).length;

test('a laptop that wants a person to stand for its server sends nothing before', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  laptop.configure('trust = "confirm"\n');
  generateJournal(laptop.journal, { entries: 3, seed: 4 });
  const nothingSent = (what: string) => {
    assert.is(logins(school), 0, what);
    assert.is(snapshotsOf(school, laptop), 0, what);
    assert.is(existsSync(join(laptop.profile, 'ds-backup', 'known_hosts')), false, what);
  };
  const refused = await laptop.backup(['now']);
  assert.is.not(refused.exitCode, 0);
  assert.match(refused.stderr, /pending-approval[\s\S]*confirm-server DIGITS/);
  nothingSent('before a teacher came');
  const { PairingCode: code, ServerTrust } = await statusOf(laptop);
  assert.is(ServerTrust, 'unconfirmed');
  const said = await decide(school, laptop, 'approve', laptop.serial, String(code));
  const digits = /confirm-server (\d{6})/.exec(said)?.[1] ?? '';
  // The server says that its teacher has typed the code: a false one would say so too.
  assert.is.not((await laptop.backup(['now'])).exitCode, 0);
  nothingSent('before the answer was typed here');
  const wrong = String((Number(digits) + 1) % 1e6).padStart(6, '0');
  const guessed = await laptop.backup(['confirm-server', wrong]);
  assert.match(guessed.stderr, /untrusted-server/);
  assert.is.not((await laptop.backup(['now'])).exitCode, 0);
  nothingSent('wrong digits');
  succeeded('confirmed', await laptop.backup(['confirm-server', digits]));
  succeeded('now', await laptop.backup(['now']));
  assert.is(snapshotsOf(school, laptop), 1);
  const { PairingCode, ServerTrust: after } = await statusOf(laptop);
  assert.equal([PairingCode, after], ['', 'confirmed']);
});

test('a laptop that was given the key of its server speaks with no other', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 3, seed: 5 });
  laptop.configure(`server-key = "${makeKeyPair().line}"\n`);
  const refused = await laptop.backup(['now']);
  assert.match(refused.stderr, /untrusted-server/);
  const record = inLaptop(school.server, parseSerial(laptop.serial)).registration;
  assert.is(JSON.parse(readFileSync(record, 'utf8')).keys.own, null, 'our key was not revealed');
  assert.is(logins(school), 0);
  laptop.configure(await decide(school, laptop, 'server-key'));
  succeeded('now', await laptop.backup(['now']));
  assert.is(snapshotsOf(school, laptop), 1);
  const { PairingCode, ServerTrust } = await statusOf(laptop);
  assert.equal([PairingCode, ServerTrust], ['', 'given'], 'nobody has to type anything');
  // Given afterwards, it counts as well: what was pinned is not enough.
  laptop.configure(`server-key = "${makeKeyPair().line}"\n`);
  assert.match((await laptop.backup(['now'])).stderr, /untrusted-server/);
});

test('the first server is trusted, and says unconfirmed until a teacher has typed the code', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 3, seed: 6 });
  succeeded('now', await laptop.backup(['now']));
  const { PairingCode: code, ServerTrust, Registration } = await statusOf(laptop);
  assert.equal([ServerTrust, Registration], ['unconfirmed', 'accepted']);
  const words = (await laptop.backup(['status'])).stdout;
  assert.match(words, new RegExp(`${code}: nobody has confirmed the school server`));
  const said = await decide(school, laptop, 'approve', laptop.serial, String(code));
  assert.match(said, /confirmed; this key was let in already/);
  succeeded('the next talk', await laptop.backup(['now']));
  const { PairingCode, ServerTrust: after } = await statusOf(laptop);
  assert.equal([PairingCode, after], ['', 'confirmed']);
});

test('a server whose SSH has another port is found again, with the key that is known', async () => {
  await using school = await startSchool();
  const { server } = school;
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 3, seed: 7 });
  succeeded('before', await laptop.backup(['now']));
  const enrolment = join(laptop.profile, 'ds-backup', 'enrolment.json');
  const before = JSON.parse(readFileSync(enrolment, 'utf8'));
  await server.daemon.stop();
  await server.start(undefined, await freePort());
  changeJournal(laptop.journal, { count: 1, seed: 8 });
  await settled();
  // It is asked again within the run: a connection that is refused is one that was lost.
  succeeded('the next run', await laptop.backup(['now']));
  assert.is(snapshotsOf(school, laptop), 2);
  const { sshPort, code, hostKey, moved } = JSON.parse(readFileSync(enrolment, 'utf8'));
  assert.is.not(sshPort, before.sshPort);
  assert.equal([code, hostKey, moved], [before.code, before.hostKey, false]);
  assert.is(hostKey, readFileSync(hostKeyPublic(server), 'utf8').trim());
});

/** The second laptop gets a copy of the first one's disk; its machine has other parts. */
async function copyDisk(first: Laptop, second: Laptop): Promise<void> {
  succeeded('the copy', await first.run('cp', ['-a', `${first.profile}/.`, second.profile]));
  const instance = join(second.profile, 'ds-backup', 'instance.json');
  const { id, machine } = JSON.parse(readFileSync(instance, 'utf8'));
  assert.ok(machine.length > 0);
  writeFileSync(instance, JSON.stringify({ id, machine: ['another'] }));
}

test('a copied disk: the second laptop waits, gets a name of its own, and both lines stay', async () => {
  await using school = await startSchool({ laptops: 2 });
  const [first, second] = [school.laptop(0), school.laptop(1)];
  generateJournal(first.journal, { entries: 6, seed: 20 });
  succeeded('the first', await first.backup(['now']));
  await copyDisk(first, second);
  changeJournal(first.journal, { count: 2, seed: 21 });
  generateJournal(second.journal, { entries: 4, seed: 22 });
  await settled();
  succeeded('the first goes on', await first.backup(['now']));
  const name = parseSerial(first.serial);
  const entries = (one: Serial) => listSnapshots(school.server, one).map((each) => each.entries);
  const refused = await second.backup(['now']);
  assert.match(refused.stderr, /two laptops answer to this name/);
  assert.equal(entries(name), [6, 6], 'nothing of the second is among them');
  assert.match(await concerns(school, first), /Two laptops answer to 1 name/);
  const { second: given } = JSON.parse(
    await decide(school, first, 'twins', name, 'separate', '--json'),
  );
  const told = await second.backup(['now']);
  assert.match(told.stderr, /a serial number of its own/);
  succeeded('the second', await second.backup(['now']));
  assert.is(second.serial, given);
  const before = readJournal(second.journal);
  assert.equal([entries(name), entries(given)], [[6, 6], [before.size]]);
  changeJournal(first.journal, { count: 1, seed: 23 });
  await settled();
  succeeded('the first again', await first.backup(['now']));
  assert.is(first.serial, name);
  assert.equal([entries(name).length, entries(given).length], [3, 1]);
  assert.match(await decide(school, first, 'twins'), /every laptop has a name of its own/);
});

test('a copy that comes first goes on only until the first one is back; both keep their lines', async () => {
  await using school = await startSchool({ laptops: 2 });
  const { server } = school;
  const [first, second] = [school.laptop(0), school.laptop(1)];
  generateJournal(first.journal, { entries: 6, seed: 30 });
  succeeded('the first', await first.backup(['now']));
  await copyDisk(first, second);
  const name = parseSerial(first.serial);
  const states = (one: Serial) => listSnapshots(server, one).map(({ state }) => state);
  changeJournal(second.journal, { count: 3, seed: 31 });
  await settled();
  succeeded('the copy comes first, as a repaired laptop would', await second.backup(['now']));
  assert.is(states(name).length, 2);
  const [ofSecond, ofFirst] = states(name);
  succeeded('the first is back', await first.backup(['snapshots']));
  assert.equal(states(name), [ofFirst], 'what the copy sent is not among those of the first');
  assert.equal(
    listAside(server, name).map(({ state }) => state),
    [ofSecond],
  );
  assert.match(await concerns(school, first), /Two laptops answer to 1 name/);
  assert.match((await second.backup(['now'])).stderr, /two laptops answer to this name/);
  assert.match(await decide(school, first, 'release', name), /0 backups released/);
  changeJournal(first.journal, { count: 1, seed: 32 });
  await settled();
  succeeded('the first goes on', await first.backup(['now']));
  assert.equal([states(name).length, states(name).at(-1)], [2, ofFirst]);
  const said = await decide(school, first, 'twins', name, 'separate', '--json');
  const given = parseSerial(JSON.parse(said).second);
  assert.match((await second.backup(['now'])).stderr, /a serial number of its own/);
  succeeded('the second', await second.backup(['now']));
  assert.equal(states(given), [ofSecond], 'it need not send anything again');
  assert.equal([states(name).length, listAside(server, name)], [2, []]);
  changeJournal(second.journal, { count: 1, seed: 33 });
  await settled();
  succeeded('and goes on', await second.backup(['now']));
  assert.equal([states(given).length, states(given).at(-1)], [2, ofSecond]);
});

test('a server that takes the laptop for another one gets nothing', async () => {
  await using school = await startSchool({ laptops: 2 });
  const [mine, other] = [school.laptop(0), school.laptop(1)];
  for (const [seed, laptop] of [mine, other].entries()) {
    generateJournal(laptop.journal, { entries: 3, seed });
    succeeded('before', await laptop.backup(['now']));
  }
  // As if a stranger had got this laptop's key accepted for a serial of his own.
  const keys = inState(school.server).keys('ds-receive');
  const lines = readFileSync(keys, 'utf8').split('\n');
  const turned = lines.map((line) => line.replace(` ${mine.serial}"`, ` ${other.serial}"`));
  writeFileSync(keys, turned.join('\n'));
  changeJournal(mine.journal, { count: 2, seed: 9 });
  await settled();
  const refused = await mine.backup(['now']);
  assert.match(refused.stderr, /untrusted-server/);
  assert.match(refused.stderr, new RegExp(`takes this laptop for ${other.serial}`));
  const incoming = inLaptop(school.server, parseSerial(other.serial)).incoming;
  assert.equal(readdirSync(incoming), [], 'nothing was sent');
  assert.equal([snapshotsOf(school, mine), snapshotsOf(school, other)], [1, 1]);
});

test.run();
