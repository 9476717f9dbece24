/**
 * The bench's figures, summed up and laid out.
 */
import { type Figures, PHASES, type Phase } from './phases.ts';
import type { ContenderName, Round } from './round.ts';

export type JournalFigures = Record<Phase, Partial<Record<ContenderName, Figures>>>;
/** Journal → phase → contender → figures. */
export type Bench = Record<string, JournalFigures>;

const TITLES: Record<Phase, string> = {
  first: 'first backup',
  unchanged: 'nothing changed',
  changed1: '1 % changed',
  restore: 'complete restore',
};

/**
 * What the issues "Foundation" and "Agent" ask of ours beside the original, for J2000: of a small Journal
 * nearly all the time is the one SSH handshake that both need.
 */
const TARGETS: { phase: Phase; figure: keyof Figures; ratio: number }[] = [
  { phase: 'first', figure: 'wallS', ratio: 0.9 },
  { phase: 'first', figure: 'sentBytes', ratio: 0.6 },
  { phase: 'first', figure: 'serverKiB', ratio: 0.65 },
  { phase: 'unchanged', figure: 'wallS', ratio: 0.15 },
  { phase: 'changed1', figure: 'wallS', ratio: 0.35 },
  // One more snapshot, of nothing new: what it costs to have another day to go back to.
  { phase: 'unchanged', figure: 'serverKiB', ratio: 1 / 40 },
];

const TARGET_JOURNAL = 'J2000';

/** The median of every figure. */
export function summarize(
  rounds: readonly Round[],
  contenders: readonly ContenderName[],
): JournalFigures {
  const result = {} as JournalFigures;
  for (const phase of PHASES) {
    result[phase] = {};
    for (const name of contenders) {
      const all = rounds.flatMap((round) => round[name]?.[phase] ?? []);
      const of = (figure: keyof Figures) => median(all.map((figures) => figures[figure]));
      result[phase][name] = {
        wallS: of('wallS'),
        clientCpuS: of('clientCpuS'),
        sentBytes: of('sentBytes'),
        serverKiB: of('serverKiB'),
        serverInodes: of('serverInodes'),
      };
    }
  }
  return result;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? Number.NaN;
  return (low + high) / 2;
}

/** Markdown, ready for the README. */
export function formatTables(bench: Bench, phases: readonly Phase[]): string {
  const lines: string[] = [];
  for (const [journal, figures] of Object.entries(bench)) {
    lines.push(`### ${journal}`, '');
    lines.push('| | | wall | client CPU | sent | server disk | server inodes |');
    lines.push('|---|---|---|---|---|---|---|');
    for (const phase of phases) {
      for (const [name, row] of Object.entries(figures[phase])) {
        lines.push(
          `| ${TITLES[phase]} | ${name} | ${row.wallS.toFixed(2)} s | ${row.clientCpuS.toFixed(2)} s | ${bytes(row.sentBytes)} | ${bytes(row.serverKiB * 1024)} | ${row.serverInodes} |`,
        );
      }
    }
    lines.push('', ...formatRatios(journal, figures), '');
  }
  return `${lines.join('\n')}\n`;
}

function formatRatios(journal: string, figures: JournalFigures): string[] {
  return TARGETS.flatMap(({ phase, figure, ratio }) => {
    const ours = figures[phase].ours?.[figure];
    const theirs = figures[phase].original?.[figure];
    if (ours === undefined || theirs === undefined) return [];
    const found = ours / theirs;
    const line = `- ${TITLES[phase]}, ${figure}: ${found.toFixed(3)} × the original`;
    if (journal !== TARGET_JOURNAL) return [line];
    return [`${line} (target ≤ ${ratio}): ${found <= ratio ? 'met' : 'MISSED'}`];
  });
}

function bytes(count: number): string {
  if (Math.abs(count) >= 1e6) return `${(count / 1e6).toFixed(1)} MB`;
  return `${(count / 1e3).toFixed(1)} KB`;
}
