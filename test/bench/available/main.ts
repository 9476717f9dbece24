/**
 * `npm run bench:available`: how many laptops a second the server can tell whether they may back up,
 * with and without backups being ingested meanwhile. The real service, tied to one processor;
 * who asks is tied to another. The ratio to an empty answer in the same run is what can be compared.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Digest, newRunId, parseUid, type Serial, type Uid } from '../../../shared/ids.ts';
import { digestOf, encodeEntry } from '../../../shared/journal/entry.ts';
import { stateDigest } from '../../../shared/journal/sums.ts';
import { inCompletion, inLaptop } from '../../../xs/storage/paths.ts';
import { startDaemon } from '../../school/processes.ts';
import { runsAsRoot, startServer, type TestServer, testEnvironment } from '../../school/server.ts';
import { dsaKey, serialOf } from '../../xs/whole.ts';
import type { LoadFigures } from './load.ts';
import { NEIGHBOURS, settled } from './neighbours.ts';

const LAPTOPS = 1000;
const INGESTS = 6;
const ENTRIES = 2000;
const CONNECTIONS = 16;
const WARM_UP_MS = 2000;
const MEASURE_MS = 5000;
/** The limits. */
const LEAST_PER_SECOND = 2000;
const LONGEST_P99_MS = 20;
/** … and beside a hostile neighbour. */
const NEIGHBOUR_P99_MS = 50;
const LONGEST_DELAY_MS = 200;
const VICTIM_FACTOR = 2;
const VICTIM_ENTRIES = 500;

const [SERVER_CORE, CLIENT_CORE] = availableParallelism() > 1 ? ['0', '1'] : ['0', '0'];
const SETTINGS = '[registration]\nperHour = 100000\nperAddress = 100000\nmaxLaptops = 100000';

function node(...args: string[]): [string, string[]] {
  return [process.execPath, ['--import', 'tsx', ...args.map(beside)]];
}

function beside(name: string): string {
  return name.endsWith('.ts') ? new URL(name, import.meta.url).pathname : name;
}

/** Asks in turn for each of the paths while `meanwhile` is under way. */
async function load(port: number, paths: readonly string[], meanwhile: () => Promise<unknown>) {
  const [command, args] = node('load.ts', String(port), String(CONNECTIONS), ...paths);
  const child = spawn('taskset', ['-c', CLIENT_CORE, command, ...args], {
    env: testEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    await meanwhile();
  } finally {
    child.stdin.end();
    await ended;
  }
  return JSON.parse(text) as LoadFigures;
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

/** A first backup as rsync leaves it, and the completion file that is to follow. */
function prepareBackup(server: TestServer, serial: Serial, entries = ENTRIES): string {
  const { incoming } = inLaptop(server, serial);
  const versions = new Map<Uid, Digest>();
  for (let n = 0; n < entries; n += 1) {
    const uid = parseUid(`${serial}-${String(n).padStart(24, '0')}`);
    const content = randomBytes(20_000);
    const properties = new Map([
      ['title', Buffer.from(`entry ${n} of ${serial}`)],
      ['preview', randomBytes(3000)],
    ]);
    const stat = { digest: digestOf(content), size: content.length };
    const bytes = encodeEntry({ content: stat, properties });
    writeFileSync(join(incoming, `${uid}.metadata`), bytes);
    writeFileSync(join(incoming, uid), content);
    versions.set(uid, digestOf(bytes));
  }
  return JSON.stringify({
    ...{ format: 'ds-backup-completion', version: 1, serial, run: newRunId(), agent: 'bench' },
    ...{ base: null, changed: [...versions], removed: [] },
    ...{ state: stateDigest(versions), entries: versions.size },
  });
}

function hand(server: TestServer, serial: Serial, text: string): void {
  const unfinished = join(server.completion, `.${serial}`);
  writeFileSync(unfinished, text);
  renameSync(unfinished, inCompletion(server).waiting(serial));
}

async function ingestAll(server: TestServer, completions: ReadonlyMap<Serial, string>) {
  for (const [serial, text] of completions) hand(server, serial, text);
  for (const serial of completions.keys()) {
    await server.daemon.line(new RegExp(`^snapshot-made serial=${serial} `));
  }
}

/**
 * Each hostile input is ingested beside the backup of a victim, handed over just after it, while all ask.
 * Returns whether the limits were kept.
 */
async function besideNeighbours(server: TestServer, serials: readonly Serial[], port: number) {
  const paths = serials.map((serial) => `/backup/1/available/${serial}`);
  const others = serials.slice(INGESTS)[Symbol.iterator]();
  const next = () => others.next().value as Serial;
  const backUp = async (serial: Serial): Promise<number> => {
    const text = prepareBackup(server, serial, VICTIM_ENTRIES);
    execFileSync('sync');
    const start = performance.now();
    hand(server, serial, text);
    await settled(server, serial);
    return (performance.now() - start) / 1000;
  };
  await backUp(next());
  const quiet = [await backUp(next()), await backUp(next()), await backUp(next())].sort()[1] ?? 0;
  process.stdout.write(
    `a victim's backup of ${VICTIM_ENTRIES} entries alone: ${quiet.toFixed(2)} s\n`,
  );
  let kept = true;
  for (const { name, prepare } of NEIGHBOURS) {
    const liar = next();
    const text = prepare(server, liar);
    let took = 0;
    const figures = await load(port, paths, async () => {
      hand(server, liar, text);
      took = await backUp(next());
      await settled(server, liar);
    });
    const times = `p99 ${figures.p99.toFixed(1)}  most ${figures.most.toFixed(0)} ms`;
    const victim = `victim ${took.toFixed(2)} s, ${(took / quiet).toFixed(1)} of alone`;
    process.stdout.write(`beside ${name.padEnd(40)} ${times}  ${victim}\n`);
    kept &&= figures.p99 <= NEIGHBOUR_P99_MS && figures.most <= LONGEST_DELAY_MS;
    kept &&= took <= VICTIM_FACTOR * quiet;
  }
  return kept;
}

function print(what: string, { requests, seconds, p50, p99, most }: LoadFigures, bare: number) {
  const rate = requests / seconds;
  const times = `p50 ${p50.toFixed(1)}  p99 ${p99.toFixed(1)}  most ${most.toFixed(0)} ms`;
  const ratio = `${(rate / bare).toFixed(2)} of bare Fastify`;
  process.stdout.write(`${what.padEnd(34)} ${rate.toFixed(0).padStart(6)}/s  ${times}  ${ratio}\n`);
  return rate;
}

async function main(folder: string): Promise<void> {
  const server = await startServer(folder, {
    as: runsAsRoot ? 'root' : 'ordinary',
    settings: SETTINGS,
  });
  try {
    for (let n = 0; n < LAPTOPS; n += 1) await register(server, n);
    const serials = Array.from({ length: LAPTOPS }, (_, n) => serialOf(n));
    const paths = serials.map((serial) => `/backup/1/available/${serial}`);
    const sending = serials.slice(0, INGESTS);
    const completions = new Map(sending.map((one) => [one, prepareBackup(server, one)]));
    execFileSync('sync');
    const port = Number(new URL(server.url).port);
    const load1 = loadavg()[0]?.toFixed(1);
    process.stdout.write(`load before: ${load1} on ${availableParallelism()} processors\n`);
    const bare = await measureBare(paths);
    const bareRate = print('bare Fastify, empty 200', bare, bare.requests / bare.seconds);
    execFileSync('taskset', ['-a', '-c', '-p', SERVER_CORE, String(server.daemon.pid)]);
    await load(port, paths, () => sleep(WARM_UP_MS));
    const calm = await load(port, paths, () => sleep(MEASURE_MS));
    print(`${LAPTOPS} laptops ask`, calm, bareRate);
    const start = performance.now();
    const busy = await load(port, paths, () => ingestAll(server, completions));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const rate = print(`… during ${INGESTS} ingests of ${ENTRIES}`, busy, bareRate);
    process.stdout.write(
      `(the ingests took ${seconds} s; answers ${JSON.stringify(busy.statuses)})\n`,
    );
    const kept = rate >= LEAST_PER_SECOND && busy.p99 < LONGEST_P99_MS;
    const limits = `${LEAST_PER_SECOND}/s with p99 below ${LONGEST_P99_MS} ms`;
    process.stdout.write(`${limits} during ingests: ${kept ? 'kept' : 'NOT KEPT'}\n`);
    const fair = await besideNeighbours(server, serials, port);
    const rule = `p99 ${NEIGHBOUR_P99_MS} ms, never ${LONGEST_DELAY_MS} ms, victim ${VICTIM_FACTOR}×`;
    process.stdout.write(`${rule} beside each neighbour: ${fair ? 'kept' : 'NOT KEPT'}\n`);
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
