/**
 * `npm run bench:activity`: the Backup activity beside Calculate, one of Sugar's own small activities
 * in Python, both launched in turn in the same real shell; then its list of 5,000 entries is scrolled
 * while somebody counts how long its loop does not answer. Exits with 1 when a limit is missed.
 *
 *     --rounds N   launches of each; the median counts (default 5)
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildXo } from '../../../bundle/xo.ts';
import { type Desktop, startDesktop } from '../../desktop/desktop.ts';
import { Framebuffer } from '../../desktop/framebuffer.ts';
import { startDaemon } from '../../school/processes.ts';
import { type Launch, launch } from './launch.ts';
import { type Silence, scroll } from './scroll.ts';

const ENTRIES = 5000;
const OURS = 'org.sugarlabs.Backup';
const THEIRS = 'org.laptop.Calculate';
const PAINT_LIMIT_MS = 1200;
const MEMORY_LIMIT = 1.3;
const BLOCK_LIMIT_MS = 50;
/** The shell watches the folder of activities and waits a little before it looks. */
const SHELL_NOTICES_MS = 3000;

interface Figure {
  what: string;
  ours: string;
  theirs: string;
  limit: string;
  kept: boolean;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Each in turn, the first launch of each not counted: it fills the page cache. */
async function race(run: (bundleId: string) => Promise<Launch>, rounds: number) {
  const all: Record<string, Launch[]> = { [OURS]: [], [THEIRS]: [] };
  for (let round = 0; round <= rounds; round += 1) {
    const order = round % 2 === 0 ? [OURS, THEIRS] : [THEIRS, OURS];
    for (const bundleId of order) {
      const one = await run(bundleId);
      if (round > 0) all[bundleId]?.push(one);
    }
  }
  const middle = (bundleId: string, what: keyof Launch) =>
    median((all[bundleId] ?? []).map((one) => one[what]));
  return (what: keyof Launch) => ({ ours: middle(OURS, what), theirs: middle(THEIRS, what) });
}

async function measure(rounds: number): Promise<Figure[]> {
  const prepare = (child: Desktop) => void child.makeFolder('home/Activities');
  await using desktop = await startDesktop({ framebuffer: true, prepare });
  using screen = new Framebuffer(desktop);
  const xo = await buildXo(join(desktop.folder, 'xo'));
  await desktop.must('sugar-install-bundle', xo);
  await sleep(SHELL_NOTICES_MS);
  const script = fileURLToPath(new URL('../../activity/scripted-agent.ts', import.meta.url));
  const args = ['--import', 'tsx', script, String(ENTRIES)];
  const agent = startDaemon(process.execPath, args, desktop.env);
  try {
    await agent.line(/serving/);
    const figures = await race((bundleId) => launch(desktop, screen, bundleId), rounds);
    return figuresOf(figures, await scroll(desktop, OURS));
  } finally {
    await agent.stop();
  }
}

function figuresOf(
  race: (what: keyof Launch) => { ours: number; theirs: number },
  { asked, longest, blocked }: Silence,
): Figure[] {
  const paint = race('paint');
  const share = race('share');
  return [
    {
      ...figure('first picture after launch, ms', paint, 0),
      limit: `${PAINT_LIMIT_MS}, and theirs`,
      kept: paint.ours <= PAINT_LIMIT_MS && paint.ours <= paint.theirs,
    },
    figure('memory, its own, MB', race('own'), 1),
    {
      ...figure("memory, and its share of the session's, MB", share, 1),
      limit: `${MEMORY_LIMIT} x theirs`,
      kept: share.ours <= share.theirs * MEMORY_LIMIT,
    },
    figure('memory, resident with all that is shared, MB', race('resident'), 1),
    {
      ...figure(`scrolling ${ENTRIES}: loop blocked at most, ms`, { ours: blocked }, 0),
      limit: String(BLOCK_LIMIT_MS),
      kept: blocked <= BLOCK_LIMIT_MS,
    },
    figure(`  the same with others' work, of ${asked} looks`, { ours: longest }, 0),
  ];
}

/** Without a limit; that is told where there is one. */
function figure(
  what: string,
  { ours, theirs }: { ours: number; theirs?: number },
  digits: number,
): Figure {
  const text = (value?: number) => value?.toFixed(digits) ?? '-';
  return { what, ours: text(ours), theirs: text(theirs), limit: '-', kept: true };
}

function print(...cells: string[]): void {
  const widths = [46, 9, 11, 20, 6];
  const line = cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' ');
  process.stdout.write(`${line.trimEnd()}\n`);
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const figures = await measure(Math.max(1, Number(values.rounds) || 1));
print('', 'Backup', 'Calculate', 'limit');
for (const { what, ours, theirs, limit, kept } of figures) {
  print(what, ours, theirs, limit, kept ? '' : 'MISSED');
}
process.exitCode = figures.every(({ kept }) => kept) ? 0 : 1;
