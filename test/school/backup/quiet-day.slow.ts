/**
 * A day without changes: two plain requests, no SSH, and nobody but the two can say so.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { answerMac, claimMac } from '../../../shared/protocol/quiet-day.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';
import { settled } from '../settled.ts';

const test = suite('a quiet day');

async function ok(laptop: Laptop): Promise<{ sequence: number; changed: number }> {
  const done = await laptop.backup(['now', '--json']);
  assert.is(done.exitCode, 0, done.stderr);
  const { summary, details } = JSON.parse(done.stdout);
  return { sequence: details.sequence, changed: summary.changed };
}

/** Backs up a Journal that has not changed for the two seconds in which file times tell nothing. */
async function backUpSettled(laptop: Laptop): Promise<void> {
  await settled();
  await ok(laptop);
}

/** How many SSH logins the server has seen. */
function logins({ server }: School): number {
  return server.daemon.lines.filter((line) => /Accepted (key|publickey)/.test(line)).length;
}

function successOf(school: School, laptop: Laptop): { time: string } {
  const { lastSuccess } = inLaptop(school.server, parseSerial(laptop.serial));
  return JSON.parse(readFileSync(lastSuccess, 'utf8'));
}

test('needs no SSH, counts as a backup, and ends with the first change', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 10, seed: 1 });
  await backUpSettled(laptop);
  const before = logins(school);
  const last = successOf(school, laptop).time;
  rmSync(join(laptop.profile, 'ds-backup-done'));
  assert.equal((await ok(laptop)).changed, 0);
  assert.is(logins(school), before, 'no SSH connection');
  assert.ok(successOf(school, laptop).time > last, 'the server knows');
  assert.ok(existsSync(join(laptop.profile, 'ds-backup-done')), 'and the laptop');
  changeJournal(laptop.journal, { count: 1, seed: 2 });
  await settled(); // long ago enough to be sent at once, while ssh still shakes hands
  assert.is((await ok(laptop)).sequence, 2);
  assert.is(logins(school), before + 1, 'one connection: rsync waits for it and makes no other');
});

test('a server that is another one now, or lost the key, is found out and asked over SSH', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 5, seed: 3 });
  await backUpSettled(laptop);
  const { home, quietKey } = inLaptop(school.server, parseSerial(laptop.serial));
  rmSync(quietKey);
  assert.is((await ok(laptop)).sequence, 1, 'over SSH');
  const relearnt = logins(school);
  assert.is((await ok(laptop)).sequence, 1);
  assert.is(logins(school), relearnt, 'with a new key it is quiet again');
  const snapshot = newestSnapshot(school.server, parseSerial(laptop.serial));
  rmSync(join(home, snapshot?.name ?? ''), { recursive: true });
  const resent = await ok(laptop);
  assert.is(
    resent.sequence,
    2,
    'the snapshot is gone: everything is sent again, and the count goes on',
  );
});

test('nobody else can say it, and it cannot be said twice', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 5, seed: 4 });
  await ok(laptop);
  const serial = parseSerial(laptop.serial);
  const newest = newestSnapshot(school.server, serial);
  if (!newest) throw new Error('there is no snapshot');
  const { sequence, state } = newest;
  const key = Buffer.from(
    readFileSync(inLaptop(school.server, serial).quietKey, 'latin1'),
    'base64',
  );
  const url = `${school.server.url}/backup/1/unchanged/${serial}`;
  const draw = async () => ((await (await fetch(url)).json()) as { nonce: string }).nonce;
  const say = (body: object) =>
    fetch(url, {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json' },
    });
  const answer = (nonce: string, change: object = {}, by = key) => {
    const claim = { serial, nonce, sequence, state, ...change };
    const { serial: _serial, ...rest } = claim;
    return { ...rest, mac: claimMac(by, claim) };
  };
  const nonce = await draw();
  const good = await say(answer(nonce));
  assert.is(good.status, 200);
  const claim = { serial, nonce, sequence, state };
  assert.equal(await good.json(), { mac: answerMac(key, claim) });
  assert.is((await say(answer(nonce))).status, 409, 'said again');
  assert.is((await say(answer('0'.repeat(32)))).status, 409, 'a number nobody drew');
  const rows: [string, (nonce: string) => object][] = [
    ['another key', (one) => answer(one, {}, Buffer.alloc(32))],
    ['another state', (one) => answer(one, { state: 'a'.repeat(64) })],
    ['another sequence', (one) => answer(one, { sequence: sequence + 1 })],
    ['no MAC of it', (one) => ({ ...answer(one), mac: 'b'.repeat(64) })],
  ];
  for (const [what, make] of rows) {
    const refused = await say(make(await draw()));
    assert.equal([refused.status, await refused.json()], [409, {}], what);
  }
  assert.is((await say({ nonce: 7 })).status, 400);
  const stranger = `${school.server.url}/backup/1/unchanged/SHC00800000`;
  assert.is((await fetch(stranger)).status, 403);
  // A liar in the middle who says "safe" without the key: the laptop goes over SSH.
  writeFileSync(
    join(laptop.profile, 'ds-backup', 'quiet-key'),
    Buffer.alloc(32, 9).toString('base64'),
  );
  const before = logins(school);
  await ok(laptop);
  assert.ok(logins(school) > before);
});

test.run();
