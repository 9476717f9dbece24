/**
 * A victim's backup alone and beside each hostile neighbour, in turn and in several rounds, while laptops ask
 * at a steady rate. What is compared is the median beside with the median alone of the same rounds.
 */
import type { Serial } from '../../../shared/ids.ts';
import type { TestServer } from '../../school/server.ts';
import { askWhile } from './ask.ts';
import type { LoadFigures } from './load.ts';
import { NEIGHBOURS, type Neighbour, settled } from './neighbours.ts';
import { backUp, hand, prepareBackup, quiet } from './victim.ts';

export const VICTIM_ENTRIES = 500;
/** A thousand laptops that ask every three seconds. */
export const QUESTIONS_PER_SECOND = 300;
/** The limits. */
const LIMITS = { p99: 50, most: 200, factor: 2 };

export interface School {
  server: TestServer;
  /** Laptops that have sent nothing yet; each is used once. */
  fresh: Iterator<Serial>;
  port: number;
  paths: readonly string[];
  core: string;
}

interface Measured {
  seconds: number;
  p99: number;
  most: number;
}

/** Prints a row for each neighbour with `part` in its name; returns whether the limits were kept. */
export async function besideNeighbours(
  school: School,
  rounds: number,
  part = '',
): Promise<boolean> {
  await measure(school); // warm
  const alone: Measured[] = [];
  const chosen = NEIGHBOURS.filter(({ name }) => name.includes(part));
  const beside = new Map<Neighbour, Measured[]>(chosen.map((one) => [one, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [neighbour, all] of beside) {
      alone.push(await measure(school));
      all.push(await measure(school, neighbour));
    }
  }
  const quietSeconds = median(alone.map(({ seconds }) => seconds));
  print('alone', alone, quietSeconds);
  let kept = true;
  for (const [neighbour, all] of beside) kept = print(neighbour.name, all, quietSeconds) && kept;
  const { p99, most, factor } = LIMITS;
  const rule = `"may I?" p99 ${p99} ms, never ${most} ms, the victim ${factor}×`;
  process.stdout.write(`${rule} beside each neighbour: ${kept ? 'kept' : 'NOT KEPT'}\n`);
  return kept;
}

async function measure(school: School, neighbour?: Neighbour): Promise<Measured> {
  const { server, fresh } = school;
  const victim: Serial = fresh.next().value;
  const text = prepareBackup(server, victim, VICTIM_ENTRIES);
  const liar: Serial = fresh.next().value;
  const lie = neighbour?.prepare(server, liar);
  quiet();
  const blockedBefore = blocked(server).length;
  let seconds = 0;
  const asking = { ...school, perSecond: QUESTIONS_PER_SECOND };
  const figures = await askWhile(asking, async () => {
    if (lie !== undefined) hand(server, liar, lie);
    seconds = await backUp(server, victim, text);
    await settled(server, liar);
  });
  const { p99, most } = figures;
  const lines = [...blocked(server).slice(blockedBefore), ...lateness(figures, { victim, liar })];
  for (const line of lines) process.stderr.write(`${neighbour?.name ?? 'alone'}: ${line}\n`);
  return { seconds, p99, most };
}

/** Whose answer was beyond the limit, and whether it was the one who asks that stood still. */
function lateness(figures: LoadFigures, known: Record<string, Serial>): string[] {
  const { most, latest, askerLate } = figures;
  if (most <= LIMITS.most) return [];
  const whose = Object.keys(known).find((who) => latest.endsWith(known[who] ?? '')) ?? 'another';
  const ms = `ms=${most.toFixed(0)} asker-late ms=${askerLate.toFixed(0)}`;
  return [`answer-late ${ms} laptop=${whose}`];
}

/** What `loop-watch.ts` said in the service. */
function blocked({ daemon }: TestServer): string[] {
  return daemon.lines.filter((line) => /^(?:loop|threads|request)-(?:blocked|late) /.test(line));
}

function print(name: string, all: readonly Measured[], quietSeconds: number): boolean {
  const seconds = median(all.map((one) => one.seconds));
  const p99 = median(all.map((one) => one.p99));
  const most = Math.max(...all.map((one) => one.most));
  const factor = seconds / quietSeconds;
  const times = `p99 ${p99.toFixed(1).padStart(6)}  most ${most.toFixed(0).padStart(4)} ms`;
  const victim = `victim ${seconds.toFixed(2)} s, ${factor.toFixed(1)} of alone`;
  process.stdout.write(`${name.padEnd(42)} ${times}  ${victim}\n`);
  return p99 <= LIMITS.p99 && most <= LIMITS.most && factor <= LIMITS.factor;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
