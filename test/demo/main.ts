/**
 * `npm run demo`: the main job for real, in a temporary folder. A school server and a laptop with
 * Sugar's own datastore; a Journal goes to school, is lost, and comes back, compared byte by byte.
 */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DsError, describeForTerminal } from '../../shared/errors.ts';
import { listEntries } from '../../shared/journal/journal-tree.ts';
import { compareJournals, readJournal } from '../journal/compare.ts';
import { changeJournal, generateJournal } from '../journal/generator.ts';
import type { Laptop } from '../school/laptop.ts';
import { type School, startSchool } from '../school/school.ts';
import { runVisibly } from './terminal.ts';

const HELP = `npm run demo -- [options]

  --journal DIR   use a copy of this Journal (a datastore folder; it is only read)
  --entries N     entries of the generated Journal (default 200)
  --seed N        what the generated Journal looks like (default 1)
  --keep          leave server, laptop and library running at the end
`;

interface Options {
  journal: string | undefined;
  entries: number;
  seed: number;
  keep: boolean;
}

function readOptions(args: string[]): Options | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  let values: { [key: string]: string | boolean | undefined };
  try {
    const options = { journal: text, entries: text, seed: text, keep: flag, help: flag };
    values = parseArgs({ args, options }).values;
  } catch (error) {
    throw new DsError('usage', error instanceof Error ? error.message : String(error));
  }
  if (values.help) return undefined;
  const whole = (name: string, ordinary: number): number => {
    const value = values[name] === undefined ? ordinary : Number(values[name]);
    if (Number.isSafeInteger(value) && value >= 1 && value <= 10_000) return value;
    throw new DsError('usage', `--${name} must be a whole number from 1 to 10000`);
  };
  const journal = values.journal === undefined ? undefined : String(values.journal);
  if (journal !== undefined && !existsSync(join(journal, 'version'))) {
    throw new DsError('usage', `${journal} is not the datastore folder of a Journal`, {
      hint: 'it is usually ~/.sugar/default/datastore',
    });
  }
  return {
    journal,
    entries: whole('entries', 200),
    seed: whole('seed', 1),
    keep: values.keep === true,
  };
}

const say = (text: string) => process.stdout.write(`\n● ${text}\n`);

async function play(options: Options, school: School, laptop: Laptop): Promise<boolean> {
  say(
    options.journal
      ? `Copying the Journal in ${options.journal}`
      : `Making a Journal of ${options.entries} entries`,
  );
  if (options.journal) cpSync(options.journal, laptop.journal, { recursive: true });
  else generateJournal(laptop.journal, { entries: options.entries, seed: options.seed });

  say('First backup (registers the laptop, makes its key, sends everything)');
  await runVisibly(laptop, ['now']);
  const edited = Math.max(1, Math.round(listEntries(laptop.journal).length / 50));
  say('A day at school: the child changes a few entries. Second backup');
  changeJournal(laptop.journal, { count: edited, seed: options.seed + 1 });
  await runVisibly(laptop, ['now']);
  say('Nothing changed since. Third backup');
  await runVisibly(laptop, ['now']);

  const before = readJournal(laptop.journal);
  say(`The Journal is lost: ${before.size} entries are gone`);
  await laptop.loseJournal();
  await laptop.startBus();
  process.stdout.write(`  Sugar's datastore now has ${await laptop.countEntries()} entries\n`);

  say('Complete restore into the running datastore');
  await runVisibly(laptop, ['restore', 'latest']);
  say('Comparing every entry with what it was, every property and every byte');
  const result = compareJournals(before, readJournal(laptop.journal));
  for (const line of [...result.different, ...result.missing, ...result.extra].slice(0, 20)) {
    process.stdout.write(`  not the same: ${JSON.stringify(line)}\n`);
  }
  const shown = await laptop.countEntries();
  process.stdout.write(`  Sugar's datastore shows ${shown} entries again\n`);
  process.stdout.write(`  library: ${join(school.server.library, laptop.serial)}\n`);
  process.stdout.write(`\n${result.identical} of ${before.size} entries identical\n`);
  return result.identical === before.size && result.extra.length === 0 && shown === before.size;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(HELP);
    return 0;
  }
  say('Starting a school server (unprivileged sshd, sqlite) and a laptop (session bus, datastore)');
  const { keep } = options;
  const school = await startSchool({ laptops: 1, keep });
  const dispose = async () => {
    await school[Symbol.asyncDispose]();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void dispose().finally(() => process.exit(130)));
  }
  try {
    const good = await play(options, school, school.laptop(0));
    if (keep) {
      const { serial, profile } = school.laptop(0);
      const bus = school.laptop(0).env.DBUS_SESSION_BUS_ADDRESS;
      process.stdout.write(`\nLeft running in ${school.folder}:
  server   process ${school.server.daemon.pid}, ${school.server.url}
  library  ${school.server.library}/${serial}
  laptop   DBUS_SESSION_BUS_ADDRESS=${bus} node dist/ds-backup.mjs status --direct --profile ${profile} --server ${school.server.url}
  to end it: kill ${school.server.daemon.pid} ${readFileSync(join(school.laptop(0).home, 'bus.pid'), 'utf8')} && rm -r ${school.folder}\n`);
    }
    return good ? 0 : 1;
  } finally {
    await dispose();
  }
}

main().then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`${describeForTerminal(error)}\n`);
    process.exit(error instanceof DsError && error.code === 'usage' ? 2 : 1);
  },
);
