/**
 * One round: every contender, one after the other, through all phases on its own copy of the Journal.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compareJournals, readJournal } from '../journal/compare.ts';
import { changeJournal } from '../journal/generator.ts';
import type { Contender, Cost, Track } from './contender.ts';
import { ours } from './ours.ts';
import { borg, original, restic, startBenchSsh } from './peers.ts';
import { type Figures, PHASES, type Phase } from './phases.ts';
import { openWire, type Wire } from './wire.ts';

export const CONTENDERS = ['ours', 'original', 'restic', 'borg'] as const;
export type ContenderName = (typeof CONTENDERS)[number];

export type Round = Partial<Record<ContenderName, Record<Phase, Figures>>>;

/** `fill` puts a fresh copy of the Journal at the place it is given. */
export async function runRound(
  folder: string,
  order: readonly ContenderName[],
  entries: number,
  round: number,
  fill: (source: string) => void,
  signal: AbortSignal,
): Promise<Round> {
  const result: Round = {};
  for (const name of order) {
    signal.throwIfAborted();
    await using wire = openWire();
    await using ssh = await startBenchSsh(join(folder, `ssh-${name}`), wire);
    await using contender = await makeContender(
      name,
      { folder: join(folder, name), signal },
      wire,
      ssh,
    );
    fill(contender.source);
    const figures = {} as Record<Phase, Figures>;
    for (const phase of PHASES) {
      if (phase === 'changed1') {
        changeJournal(contender.source, {
          count: Math.max(1, Math.round(entries / 100)),
          seed: round,
        });
      }
      await rest(signal);
      figures[phase] = await measurePhase(contender, phase, wire);
      const { wallS, sentBytes } = figures[phase];
      process.stderr.write(`  ${name} ${phase}: ${wallS.toFixed(2)} s, ${sentBytes} bytes\n`);
    }
    result[name] = figures;
  }
  return result;
}

/**
 * Lets what was just written reach the disk, and grow old: a Journal is not backed up within the two
 * seconds in which file times cannot tell two changes apart. A server may tidy up after a backup; that
 * belongs to no step.
 */
async function rest(signal: AbortSignal): Promise<void> {
  execFileSync('sync');
  await sleep(3000, undefined, { signal });
}

function makeContender(
  name: ContenderName,
  track: Track,
  wire: Wire,
  ssh: { config: string } & AsyncDisposable,
): Contender | Promise<Contender> {
  switch (name) {
    case 'ours':
      return ours(track, wire);
    case 'original':
      return original(track, ssh);
    case 'restic':
      return restic(track, ssh);
    case 'borg':
      return borg(track, ssh);
    default:
      return name satisfies never;
  }
}

async function measurePhase(contender: Contender, phase: Phase, wire: Wire): Promise<Figures> {
  const diskBefore = measureDisk(contender.serverFolder);
  const before = await wire.counts();
  const expected = phase === 'restore' ? readJournal(contender.source) : undefined;
  const cost: Cost = await (phase === 'restore' ? contender.restore() : contender.backup());
  const after = await wire.counts();
  const disk = measureDisk(contender.serverFolder);
  if (expected) {
    const found = compareJournals(expected, readJournal(contender.restored()));
    if (found.missing.length + found.different.length + found.extra.length > 0)
      throw new Error('the restore is not what was saved');
  }
  const sentBytes =
    phase === 'restore' ? after.toClient - before.toClient : after.toServer - before.toServer;
  return {
    ...{ wallS: cost.wallS, clientCpuS: cost.clientCpuS, sentBytes },
    serverKiB: disk.kib - diskBefore.kib,
    serverInodes: disk.inodes - diskBefore.inodes,
  };
}

/** What a folder takes, with inodes of several names counted once. */
function measureDisk(folder: string): { kib: number; inodes: number } {
  const ask = (...args: string[]) =>
    Number(execFileSync('du', ['-s', ...args, folder], { encoding: 'utf8' }).split('\t')[0]);
  return { kib: ask('-k'), inodes: ask('--inodes') };
}
