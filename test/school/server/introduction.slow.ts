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
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { generateJournal } from '../../journal/generator.ts';
import type { Finished, Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';

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

test.run();
