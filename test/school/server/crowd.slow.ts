// weight: 100
/**
 * Many real rsync-over-SSH clients come at once: the service does with them what the simulator
 * says. Both decide with the same functions; here real time passes, and real processes are started.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { waitSeconds } from '../../../agent/backoff.ts';
import { parseSerial } from '../../../shared/ids.ts';
import { scaled, waitFor } from '../../runner/patience.ts';
import { seeded } from '../../shared/random.ts';
import { ours } from '../../sim/methods.ts';
import { type Day, USUAL } from '../../sim/school-day.ts';
import { simulate } from '../../sim/simulate.ts';
import { soak } from '../../soak.ts';
import { type School, startSchool } from '../school.ts';
import { StockClient } from '../stock-client.ts';

const test = suite('many clients at once are served as the simulator says');

const LAPTOPS = soak(50, 30);
const SLOTS = soak(16, 10);
/** They come within so many seconds. */
const WITHIN = 3;
/** At this speed a transfer takes about ten seconds. */
const [BYTES, KIB_PER_SECOND] = [100 * 1024, 10];
/**
 * Total time, and the wait of 19 of 20, may differ from the simulator's by this share (of a quick machine) … Most runs
 * differ by 0.2. The last wave may be told to come once more, which the simulator does not show: 0.35 was seen.
 */
const TIME_TOLERANCE = 0.6;
/** … and requests by so many a laptop. */
const REQUEST_TOLERANCE = 0.5;
/** Of the order in which they were answered first with that in which they were served: 1 is the same, 0 is chance. */
const LEAST_CORRELATION = 0.5;

interface Visit {
  /** When the service first answered, in seconds: a slow machine may hear them in another order than they came. */
  answered: number;
  began: number;
  ended: number;
  requests: number;
}

class Crowd {
  readonly #school: School;
  readonly #start = performance.now();
  readonly visits: Visit[] = [];
  #transferring = 0;
  mostTransferring = 0;

  constructor(school: School) {
    this.#school = school;
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** As the agent does: asks, comes again when told to, transfers while its control channel is open. */
  async visit(client: StockClient, at: number): Promise<void> {
    await sleep(at * 1000);
    const random = seeded(1);
    let answered: number | undefined;
    for (let requests = 1; ; requests += 1) {
      const { status, retryAfter } = await client.ask();
      answered ??= this.seconds;
      if (status === 200) {
        const began = this.seconds;
        await this.#transfer(client);
        this.visits.push({ answered, began, ended: this.seconds, requests });
        return;
      }
      assert.is(status, 503);
      await sleep(waitSeconds(retryAfter, 0, () => random.below(1000) / 1000) * 1000);
    }
  }

  async #transfer(client: StockClient): Promise<void> {
    this.#transferring += 1;
    this.mostTransferring = Math.max(this.mostTransferring, this.#transferring);
    {
      using _channel = client.channel();
      await waitFor('a connection', () => existsSync(client.controlPath));
      const sent = await client.upload('datastore-current', `--bwlimit=${KIB_PER_SECOND}`);
      assert.is(sent.exitCode, 0, sent.stderr);
      this.#transferring -= 1; // its slot is free when the service sees its channel end
    }
  }

  /** The most leases that the service says it gave, until `over`. */
  async mostLeases(over: () => boolean): Promise<number> {
    let most = 0;
    while (!over()) {
      const url = `${this.#school.server.url}/metrics`;
      const text = await (await fetch(url, { headers: { connection: 'close' } })).text();
      most = Math.max(most, Number(/^xs_backup_leases (\d+)$/m.exec(text)?.[1]));
      await sleep(500);
    }
    return most;
  }
}

function near(what: string, found: number, forecast: number, tolerance: number): void {
  const words = `${what}: ${found.toFixed(2)}, simulated ${forecast.toFixed(2)}`;
  console.log(words);
  // The simulator knows no time for logins and processes.
  const here = scaled(tolerance);
  assert.ok(Math.abs(found - forecast) <= here, `${words}, tolerance ${here.toFixed(2)}`);
}

/** Spearman's, from the differences of two rankings. */
function rankCorrelation(differences: readonly number[]): number {
  const n = differences.length;
  const squares = differences.reduce((sum, one) => sum + one * one, 0);
  return 1 - (6 * squares) / (n * (n * n - 1));
}

test('slots, order, requests and times are as forecast', async () => {
  const settings = `[traffic]\nslots = ${SLOTS}\nadaptive = false\n[registration]\nperAddress = 100`;
  await using school = await startSchool({ server: { settings } });
  const clients = Array.from({ length: LAPTOPS }, (_, n) => {
    const serial = parseSerial(`CRW${String(n).padStart(8, '0')}`);
    return new StockClient(school, serial, BYTES, `127.0.0.${n + 2}`);
  });
  for (const client of clients) await client.register();
  const random = seeded(7);
  const crowd = new Crowd(school);
  let over = false;
  const leases = crowd.mostLeases(() => over);
  const comes = () => (WITHIN * random.below(1000)) / 1000;
  try {
    await Promise.all(clients.map((client) => crowd.visit(client, comes())));
  } finally {
    over = true;
  }
  const { visits } = crowd;
  assert.is(visits.length, LAPTOPS, 'nobody starves');
  assert.is(crowd.mostTransferring, SLOTS, 'as many at once as slots, and no more');
  assert.is(await leases, SLOTS, 'so says the service');

  const mean = visits.reduce((sum, { began, ended }) => sum + ended - began, 0) / LAPTOPS;
  const transfer = { mean, spread: 0 };
  // A slow machine hears them later than they come, and some transfers take longer than others.
  const arrival = { at: visits.map(({ answered }) => answered) };
  const transfers = visits.map(({ began, ended }) => ended - began);
  const crowdDay = { name: '', laptops: LAPTOPS, arrival, transfers, slots: SLOTS, seed: 7 };
  const day: Day = { ...USUAL, ...crowdDay, transfer, vanishing: 0, lost: 0 };
  const forecast = simulate(day, ours);
  console.log(`a transfer took ${mean.toFixed(1)} s`);
  const last = Math.max(...visits.map(({ ended }) => ended));
  near('all done, s', last, forecast.allDone, TIME_TOLERANCE * forecast.allDone);
  const waits = visits.map(({ answered, began }) => began - answered).sort((a, b) => a - b);
  const p95 = waits[Math.floor(0.95 * (waits.length - 1))] ?? 0;
  near('p95 wait, s', p95, forecast.p95Wait, TIME_TOLERANCE * forecast.p95Wait);
  const requests = visits.reduce((sum, one) => sum + one.requests, 0) / LAPTOPS;
  near('requests a laptop', requests, forecast.requestsPerLaptop, REQUEST_TOLERANCE);

  const answered = [...visits].sort((a, b) => a.answered - b.answered);
  const served = [...visits].sort((a, b) => a.began - b.began);
  const moved = served.map((one, place) => place - answered.indexOf(one));
  const same = rankCorrelation(moved);
  const most = Math.max(...moved.map(Math.abs));
  console.log(`order: correlation ${same.toFixed(2)}, moved by up to ${most} places`);
  assert.ok(same >= LEAST_CORRELATION, 'who comes first is served first');
});

test.run();
