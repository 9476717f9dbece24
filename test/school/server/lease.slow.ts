// weight: 110
/**
 * Nobody uploads without a lease, with the real sshd, rsync and service: clients that never asked,
 * laptops that were retired while connected, and laptops that vanish.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial, type Serial } from '../../../shared/ids.ts';
import { inLaptop, inState } from '../../../xs/storage/paths.ts';
import { waitFor } from '../../runner/patience.ts';
import { type School, startSchool } from '../school.ts';
import { StockClient } from '../stock-client.ts';

const test = suite('no upload without a lease');

const HERS = parseSerial('CSN74803BB1');
const HIS = parseSerial('SHC00800000');
/** When a laptop that has vanished has to be noticed at the latest, in seconds. */
const NOTICED = 120;

function few(slots = 1, leaseSeconds = 120) {
  return {
    server: {
      settings: `[traffic]\nslots = ${slots}\nleaseSeconds = ${leaseSeconds}\nadaptive = false`,
    },
  };
}

async function clients(school: School, bytes?: number): Promise<[StockClient, StockClient]> {
  const both = [new StockClient(school, HERS, bytes), new StockClient(school, HIS, bytes)] as const;
  for (const one of both) await one.register();
  return [...both];
}

function hasLease(school: School, serial: Serial): boolean {
  return existsSync(inState(school.server).lease(serial));
}

test('a client that never asks gets a lease at the door while there is room, and none otherwise', async () => {
  await using school = await startSchool(few());
  const [hers, his] = await clients(school);
  assert.is(await hers.mayI(), 200);
  assert.not(hasLease(school, HERS), 'anybody may have asked in her name');
  const sent = await hers.upload();
  assert.is(sent.exitCode, 0, sent.stderr);
  assert.ok(hasLease(school, HERS));
  const refused = await his.upload();
  assert.is(refused.exitCode, 12, refused.stderr);
  assert.match(refused.stderr, /ds-backup: refused: all-slots-taken, come back in \d+ seconds/);
  assert.equal(readdirSync(inLaptop(school.server, HIS).mirror('datastore-current')), []);
  {
    using _channel = await hers.openChannel();
  }
  await waitFor('the end of her lease', () => !hasLease(school, HERS));
  const goes = await his.upload();
  assert.is(goes.exitCode, 0, goes.stderr);
  assert.ok(hasLease(school, HIS), 'what it began with');
  assert.is(await hers.mayI(), 503, 'his lease counts as any other');
});

test('a laptop that was retired while connected begins no upload, not even with a lease', async () => {
  await using school = await startSchool(few());
  const [hers, his] = await clients(school);
  using _master = hers.master();
  await waitFor('her connection', () => existsSync(hers.controlPath));
  assert.is(await hers.mayI(), 200);
  assert.is((await hers.upload('documents')).exitCode, 0);
  const [command = '', ...args] = [...school.server.command, 'retire', HERS];
  execFileSync(command, [...args, '--config', school.server.configFile], { stdio: 'pipe' });
  assert.is(hasLease(school, HERS), false);
  for (const target of ['datastore-current', 'incoming', 'power-logs', `completion/${HERS}`]) {
    const refused = await hers.upload(target);
    assert.is(refused.exitCode, 12, `${target}: ${refused.stderr}`);
    assert.match(refused.stderr, 'ds-backup: refused: not registered, or out of use here', target);
  }
  const { original, incoming } = inLaptop(school.server, HERS);
  assert.equal([...readdirSync(original), ...readdirSync(incoming)], []);
  assert.is(await hers.mayI(), 403);
  assert.is(await his.mayI(), 200, 'the slot is free at once');
});

test('an upload that outlives its service keeps its slot in the next one', async () => {
  await using school = await startSchool(few());
  const [hers, his] = await clients(school, 3_000_000);
  assert.is(await hers.mayI(), 200);
  using transfer = hers.start(hers.rsync('datastore-current', '--bwlimit=50'));
  await waitFor(
    'her transfer',
    () => readdirSync(inLaptop(school.server, HERS).original).length > 0,
  );
  await school.server.daemon.kill();
  await school.server.start();
  await waitFor('her lease', () => hasLease(school, HERS));
  assert.is(await his.mayI(), 503);
  transfer.signal('SIGKILL');
});

test('a laptop that vanishes has no lease after 120 s, with a control channel or without', async () => {
  await using school = await startSchool(few(2, 60));
  const [hers, his] = await clients(school, 3_000_000);
  for (const one of [hers, his]) assert.is(await one.mayI(), 200);
  using channel = hers.channel();
  using transfer = his.start(his.rsync('datastore-current', '--bwlimit=10'));
  const begun = () => readdirSync(inLaptop(school.server, HIS).original).length > 0;
  await waitFor('his transfer', begun);
  await waitFor('her channel', () => existsSync(hers.controlPath));
  // Frozen before that, she would never have had one.
  await waitFor('both leases', () => [HERS, HIS].every((one) => hasLease(school, one)));
  for (const one of [channel, transfer]) one.signal('SIGSTOP');
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const ended = new Map<Serial, number>();
  const look = async () => {
    // As whoever asks for a slot: what is over is seen then at the latest.
    await fetch(`${school.server.url}/metrics`);
    for (const one of [HERS, HIS]) {
      if (!ended.has(one) && !hasLease(school, one)) ended.set(one, seconds());
    }
    return ended.size === 2;
  };
  await waitFor('both are free', look, { everyMs: 500, patienceMs: NOTICED * 1000 });
  const found = JSON.stringify([...ended]);
  console.log(`free again after ${found} s`);
  assert.ok(Math.min(...ended.values()) > 20, `a pause is not a disappearance: ${found}`);
});

test.run();
