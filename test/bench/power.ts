/**
 * `npm run bench:power`: what the agent costs a laptop's battery and its flash, measured with a real
 * school: while it waits, on a day without changes, and when nothing is due. Beside it the original's
 * way: a shell that looks every 15 minutes whether there is something to do. Exit code 1 above a limit.
 *
 *     --seconds N   how long the waiting agent is watched (default 60)
 */
import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { distFolder, startNode } from '../../bundle/build.ts';
import { changeJournal, generateJournal } from '../journal/generator.ts';
import type { Laptop } from '../school/laptop.ts';
import { MachineEvents } from '../school/machine-events.ts';
import { RunningAgent } from '../school/running-agent.ts';
import { startSchool } from '../school/school.ts';

const ENTRIES = 2000;
/** A client that looked leaves; what it caused is over after this, in milliseconds. */
const SETTLE_MS = 50_000;
const CHECKS_A_DAY = 96;

/** As the original's checks go: power, done today, network, other work. Own words, same forks. */
const SHELL_CHECK = `
  grep -q 1 /sys/class/power_supply/*/online 2>/dev/null
  find "$1" -daystart -mtime 0 2>/dev/null | grep -q .
  ps ax | grep -q '[r]sync --server'
  getent hosts localhost >/dev/null
  id -un >/dev/null
`;

interface Figure {
  what: string;
  value: string;
  limit: string;
}

/** Context switches of all threads of a process so far, and its memory in MB. */
function readProcess(pid: number): { switches: number; megabytes: number } {
  let switches = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1');
    for (const [, count] of status.matchAll(/ctxt_switches:\s+(\d+)/g)) switches += Number(count);
  }
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return { switches, megabytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024 };
}

async function watchWaiting(laptop: Laptop, events: MachineEvents, seconds: number) {
  await events.battery(20);
  await using agent = await RunningAgent.start(laptop, events);
  await agent.until('waiting', ({ State }) => State === 'waiting');
  agent.bus[Symbol.dispose]();
  await sleep(SETTLE_MS);
  const before = readProcess(agent.daemon.pid);
  await sleep(seconds * 1000);
  const after = readProcess(agent.daemon.pid);
  const perMinute = ((after.switches - before.switches) * 60) / seconds;
  await events.mains();
  return { perMinute, megabytes: after.megabytes };
}

/** Runs the agent until it ends by itself; CPU seconds of it and all its children. */
async function runToEnd(laptop: Laptop, events: MachineEvents) {
  const program = join(distFolder, 'ds-backup.mjs');
  const before = Date.now();
  const env = { ...laptop.env };
  laptop.env.DBUS_SYSTEM_BUS_ADDRESS = events.address;
  const args = ['-f', 'cpu %U %S', startNode, program, 'agent', ...laptop.where()];
  const done = await laptop.run('/usr/bin/time', args);
  Object.assign(laptop.env, env);
  const [, user, system] = /^cpu (\S+) (\S+)$/m.exec(done.stderr) ?? [];
  return { cpu: Number(user) + Number(system), seconds: (Date.now() - before) / 1000 };
}

/** Files of the profile with their times, sizes and inodes: what changed was written. */
function footprint(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const stat = lstatSync(join(folder, name));
    if (stat.isFile()) found.set(name, `${stat.mtimeMs} ${stat.size} ${stat.ino}`);
  }
  return found;
}

function written(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...after.keys()].filter((name) => after.get(name) !== before.get(name));
}

async function measure(seconds: number): Promise<Figure[]> {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: ENTRIES, seed: 1 });
  laptop.configure('spreadSeconds = 0\n');
  await laptop.startBus();
  await using events = await MachineEvents.start(join(laptop.home, 'system'), laptop.env);
  const waiting = await watchWaiting(laptop, events, seconds);
  await sleep(2100); // file times tell nothing before
  await runToEnd(laptop, events);
  await laptop.backup(['now']);
  const idleBefore = footprint(laptop.profile);
  const idle = await runToEnd(laptop, events);
  const idleWrote = written(idleBefore, footprint(laptop.profile));
  const askedAt = join(laptop.profile, 'ds-backup-done');
  const quietBefore = footprint(laptop.profile);
  rmSync(askedAt);
  const quiet = await runToEnd(laptop, events);
  const quietWrote = written(quietBefore, footprint(laptop.profile));
  changeJournal(laptop.journal, { share: 0.01, seed: 2 });
  rmSync(askedAt);
  const changed = await runToEnd(laptop, events);
  const check = shellCheck(askedAt);
  return [
    row('waiting: context switches a minute', waiting.perMinute.toFixed(1), '10'),
    row('waiting: memory, MB', waiting.megabytes.toFixed(1), '55'),
    row('nothing due: CPU seconds until it is gone', idle.cpu.toFixed(2), '-'),
    row('nothing due: files written', idleWrote.join(' ') || 'none', 'none'),
    row(`a day without changes (J${ENTRIES}): CPU seconds`, quiet.cpu.toFixed(2), '0.5'),
    row('a day without changes: files written', quietWrote.join(' ') || 'none', '-'),
    row('a day with 1 % changed: CPU seconds', changed.cpu.toFixed(2), '-'),
    row('original: CPU seconds of its checks a day', (check * CHECKS_A_DAY).toFixed(2), '-'),
    row('original: processes started a day', String(CHECKS_A_DAY * 9), '-'),
  ];
}

/** CPU seconds of one look of the original's kind, the mean of twenty. */
function shellCheck(file: string): number {
  const rounds = 20;
  const loop = `i=0; while [ $i -lt ${rounds} ]; do sh -c "$CHECK" sh "$1"; i=$((i+1)); done`;
  const env = { ...process.env, CHECK: SHELL_CHECK };
  const args = ['-f', 'cpu %U %S', 'sh', '-c', loop, 'sh', file];
  const { stderr } = spawnSync('/usr/bin/time', args, { env, encoding: 'utf8' });
  const [, user, system] = /^cpu (\S+) (\S+)$/m.exec(stderr) ?? [];
  return (Number(user) + Number(system)) / rounds;
}

const row = (what: string, value: string, limit: string): Figure => ({ what, value, limit });

function isKept({ value, limit }: Figure): boolean {
  if (limit === '-') return true;
  return limit === 'none' ? value === 'none' : Number(value) <= Number(limit);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
  for (const figure of await measure(Number(values.seconds))) {
    const { what, value, limit } = figure;
    const mark = isKept(figure) ? '' : '   NOT KEPT';
    if (mark) process.exitCode = 1;
    process.stdout.write(`${what.padEnd(52)} ${value.padStart(8)}   limit ${limit}${mark}\n`);
  }
}

await main();
