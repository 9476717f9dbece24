/**
 * `npm run bench`: ours beside the original's way, restic and borg, in one run on this machine.
 *
 * Figures are medians of rounds in rotated order; the page cache is warm for all. What counts is the
 * ratio, not the seconds: the network is loopback and the disk whatever this machine has.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DsError, describeForTerminal } from '../../shared/errors.ts';
import { generateJournal } from '../journal/generator.ts';
import { PHASES } from './phases.ts';
import { type Bench, formatTables, summarize } from './report.ts';
import { CONTENDERS, type ContenderName, runRound } from './round.ts';

const HELP = `npm run bench -- [options]

  --json              one JSON object on stdout, nothing else
  --journals NAMES    J200,J2000 (the number is how many entries; any will do)
  --rounds N          rounds with rotated order, the median counts (default 3)
  --contenders NAMES  ${CONTENDERS.join(',')}
  --quick             one round of J200: to see that it works, not to measure
`;

interface Options {
  json: boolean;
  journals: string[];
  rounds: number;
  contenders: ContenderName[];
}

function readOptions(args: string[]): Options | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    json: flag,
    quick: flag,
    help: flag,
    journals: text,
    rounds: text,
    contenders: text,
  };
  const usage = (message: string) =>
    new DsError('usage', message, { hint: '"npm run bench -- --help" lists the options' });
  let values: { [key: string]: string | boolean | undefined };
  try {
    values = parseArgs({ args, options }).values;
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return undefined;
  const list = (name: string, ordinary: string) => String(values[name] ?? ordinary).split(',');
  const journals = list('journals', values.quick ? 'J200' : 'J200,J2000');
  for (const name of journals) {
    if (!/^J[1-9]\d{0,4}$/.test(name)) throw usage(`"${name}" is not a Journal such as J200`);
  }
  const contenders = list('contenders', CONTENDERS.join(',')).map((name) => {
    const known = CONTENDERS.find((one) => one === name);
    if (!known) throw usage(`there is no contender "${name}"`);
    return known;
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 99))
    throw usage('--rounds is a number');
  return { json: values.json === true, journals, rounds, contenders };
}

async function measure(options: Options, folder: string, signal: AbortSignal): Promise<Bench> {
  const bench: Bench = {};
  for (const journal of options.journals) {
    const entries = Number(journal.slice(1));
    const sample = join(folder, journal);
    process.stderr.write(`making ${journal}\n`);
    generateJournal(sample, { entries, seed: 1 });
    const rounds = [];
    for (let round = 0; round < options.rounds; round += 1) {
      // Each round another one begins, so that none always profits from what went before.
      const turn = round % options.contenders.length;
      const order = [...options.contenders.slice(turn), ...options.contenders.slice(0, turn)];
      const work = join(folder, `${journal}-${round}`);
      mkdirSync(work);
      const fill = (source: string) => cpSync(sample, source, { recursive: true });
      rounds.push(await runRound(work, order, entries, round, fill, signal));
      rmSync(work, { recursive: true });
    }
    bench[journal] = summarize(rounds, options.contenders);
  }
  return bench;
}

/** Whatever ends the bench before its time ends everything it started first. */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stop.abort(new DsError('cancelled', `stopped by ${signal}`)));
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(HELP);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ds-bench-'));
  try {
    const bench = await measure(options, folder, stop.signal);
    process.stdout.write(options.json ? `${JSON.stringify(bench)}\n` : formatTables(bench, PHASES));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  // Sleeps reject with an AbortError of their own; what counts is who asked for the end.
  const cause = stop.signal.aborted ? stop.signal.reason : error;
  process.stderr.write(`${describeForTerminal(cause)}\n`);
  process.exit(
    stop.signal.aborted ? 130 : cause instanceof DsError && cause.code === 'usage' ? 2 : 1,
  );
});
