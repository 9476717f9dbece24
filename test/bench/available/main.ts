/**
 * `npm run bench:available`: how many laptops a second the server can tell whether they may back up,
 * with and without backups being ingested meanwhile, and how long a backup takes beside a hostile neighbour's.
 * The real service, tied to one processor; who asks is tied to another. Ratios in the same run can be compared.
 *
 *     node --import tsx test/bench/available/main.ts [ROUNDS [PART [watch]]]
 *
 * With 0 rounds only the questions are measured; PART is a part of the name of a neighbour: only those then. With
 * `watch`, what blocks the event loop is named (loop-watch.ts), which makes starting programs slower.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Serial } from '../../../shared/ids.ts';
import { startDaemon } from '../../school/processes.ts';
import { runsAsRoot, startServer, type TestServer, testEnvironment } from '../../school/server.ts';
import { dsaKey, serialOf } from '../../xs/whole.ts';
import { askWhile, node } from './ask.ts';
import { besideNeighbours, QUESTIONS_PER_SECOND, VICTIM_ENTRIES } from './beside.ts';
import type { LoadFigures } from './load.ts';
import { hand, prepareBackup, quiet } from './victim.ts';

const LAPTOPS = 1000;
const INGESTS = 6;
const ENTRIES = 2000;
const WARM_UP_MS = 2000;
const MEASURE_MS = 5000;
/** The limits. */
const LEAST_PER_SECOND = 2000;
const LONGEST_P99_MS = 20;
const [ROUNDS = 5] = process.argv.slice(2, 3).map(Number);
const [PART, WATCH] = process.argv.slice(3);

const [SERVER_CORE, CLIENT_CORE] = availableParallelism() > 1 ? ['0', '1'] : ['0', '0'];
const SETTINGS = '[registration]\nperHour = 100000\nperAddress = 100000\nmaxLaptops = 100000';

function load(port: number, paths: readonly string[], meanwhile: () => Promise<unknown>) {
  return askWhile({ port, paths, core: CLIENT_CORE }, meanwhile);
}

async function measureBare(paths: readonly string[]): Promise<LoadFigures> {
  const [command, args] = node('bare.ts');
  const server = startDaemon('taskset', ['-c', SERVER_CORE, command, ...args], testEnvironment());
  try {
    const port = Number((await server.line(/^port=/)).slice('port='.length));
    await load(port, paths, () => sleep(WARM_UP_MS));
    return await load(port, paths, () => sleep(MEASURE_MS));
  } finally {
    await server.kill();
  }
}

async function register(server: TestServer, n: number): Promise<void> {
  const values = [serialOf(n), 'nick', `uuid-${n}`, dsaKey(n)]
    .map((text) => `<param><value>${text}</value></param>`)
    .join('');
  await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body: `<methodCall><methodName>register</methodName><params>${values}</params></methodCall>`,
  });
}

async function ingestAll(server: TestServer, completions: ReadonlyMap<Serial, string>) {
  for (const [serial, text] of completions) hand(server, serial, text);
  for (const serial of completions.keys()) {
    await server.daemon.line(new RegExp(`^snapshot-made serial=${serial} `));
  }
}

function print(what: string, { requests, seconds, p50, p99, most }: LoadFigures, bare: number) {
  const rate = requests / seconds;
  const times = `p50 ${p50.toFixed(1)}  p99 ${p99.toFixed(1)}  most ${most.toFixed(0)} ms`;
  const ratio = `${(rate / bare).toFixed(2)} of bare Fastify`;
  process.stdout.write(`${what.padEnd(34)} ${rate.toFixed(0).padStart(6)}/s  ${times}  ${ratio}\n`);
  return rate;
}

/** How many questions are answered, as fast as they can be asked. */
async function measureRate(server: TestServer, serials: readonly Serial[], port: number) {
  const paths = serials.map((serial) => `/backup/1/available/${serial}`);
  const sending = serials.slice(0, INGESTS);
  const completions = new Map(sending.map((one) => [one, prepareBackup(server, one, ENTRIES)]));
  quiet();
  const bare = await measureBare(paths);
  const bareRate = print('bare Fastify, empty 200', bare, bare.requests / bare.seconds);
  await load(port, paths, () => sleep(WARM_UP_MS));
  const calm = await load(port, paths, () => sleep(MEASURE_MS));
  print(`${LAPTOPS} laptops ask`, calm, bareRate);
  const start = performance.now();
  const busy = await load(port, paths, () => ingestAll(server, completions));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const rate = print(`… during ${INGESTS} ingests of ${ENTRIES}`, busy, bareRate);
  const answers = JSON.stringify(busy.statuses);
  process.stdout.write(`(the ingests took ${seconds} s; answers ${answers})\n`);
  const kept = rate >= LEAST_PER_SECOND && busy.p99 < LONGEST_P99_MS;
  const limits = `${LEAST_PER_SECOND}/s with p99 below ${LONGEST_P99_MS} ms`;
  process.stdout.write(`${limits} during ingests: ${kept ? 'kept' : 'NOT KEPT'}\n`);
  return kept;
}

async function main(folder: string): Promise<void> {
  const server = await startServer(folder, {
    as: runsAsRoot ? 'root' : 'ordinary',
    settings: SETTINGS,
    preload: new URL(WATCH === 'watch' ? 'loop-watch.ts' : 'gauge.ts', import.meta.url).pathname,
  });
  try {
    for (let n = 0; n < LAPTOPS; n += 1) await register(server, n);
    const serials = Array.from({ length: LAPTOPS }, (_, n) => serialOf(n));
    const port = Number(new URL(server.url).port);
    const load1 = loadavg()[0]?.toFixed(1);
    process.stdout.write(`load before: ${load1} on ${availableParallelism()} processors\n`);
    execFileSync('taskset', ['-a', '-c', '-p', SERVER_CORE, String(server.daemon.pid)]);
    const kept = PART !== undefined || (await measureRate(server, serials, port));
    if (ROUNDS === 0) return;
    process.stdout.write(
      `a backup of ${VICTIM_ENTRIES} entries, ${QUESTIONS_PER_SECOND} questions a second, ${ROUNDS} rounds\n`,
    );
    const paths = serials.map((serial) => `/backup/1/available/${serial}`);
    const fresh = serials.slice(INGESTS)[Symbol.iterator]();
    const school = { server, fresh, port, paths, core: CLIENT_CORE };
    const fair = await besideNeighbours(school, ROUNDS, PART);
    process.exitCode = kept && fair ? 0 : 1;
  } finally {
    await server.daemon.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'ds-bench-available-'));
chmodSync(folder, 0o711);
try {
  await main(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
