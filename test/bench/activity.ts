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
import { buildXo } from '../../bundle/xo.ts';
import { type Desktop, startDesktop } from '../desktop/desktop.ts';
import { Framebuffer } from '../desktop/framebuffer.ts';
import { startDaemon } from '../school/processes.ts';
import { type Launch, launch } from './activity-launch.ts';
import { scroll } from './activity-scroll.ts';

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
  const script = fileURLToPath(new URL('../activity/scripted-agent.ts', import.meta.url));
  const args = ['--import', 'tsx', script, String(ENTRIES)];
  const agent = startDaemon(process.execPath, args, desktop.env);
  try {
    await agent.line(/serving/);
    const figures = await race((bundleId) => launch(desktop, screen, bundleId), rounds);
    const paint = figures('paint');
    const resident = figures('resident');
    const proportional = figures('proportional');
    const blocks = await scroll(desktop, OURS);
    const memory = ({ ours, theirs }: typeof resident, what: string): Figure => ({
      what,
      ours: ours.toFixed(1),
      theirs: theirs.toFixed(1),
      limit: `${MEMORY_LIMIT} x ${theirs.toFixed(1)}`,
      kept: ours <= theirs * MEMORY_LIMIT,
    });
    return [
      {
        what: 'first picture after launch, ms',
        ours: paint.ours.toFixed(0),
        theirs: paint.theirs.toFixed(0),
        limit: `${PAINT_LIMIT_MS}, and theirs`,
        kept: paint.ours <= PAINT_LIMIT_MS && paint.ours <= paint.theirs,
      },
      memory(resident, 'resident memory, MB'),
      memory(proportional, 'memory, shared pages by share, MB'),
      {
        what: `longest silence while scrolling ${ENTRIES}, ms`,
        ours: blocks.longest.toFixed(0),
        theirs: '-',
        limit: String(BLOCK_LIMIT_MS),
        kept: blocks.longest <= BLOCK_LIMIT_MS,
      },
      {
        what: `  asked ${blocks.asked} times; 99 of 100 within, ms`,
        ours: blocks.usual.toFixed(0),
        theirs: '-',
        limit: '-',
        kept: true,
      },
    ];
  } finally {
    await agent.stop();
  }
}

function print(...cells: string[]): void {
  const widths = [44, 9, 11, 20, 6];
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
