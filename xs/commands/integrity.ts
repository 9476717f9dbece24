/**
 * `scrub`, `damage` and `verify`: whether stored content still matches its digests.
 */
import { readdirSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import { parseSerial, tryParse } from '../../shared/ids.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { scrubNextShard } from '../integrity/scrub.ts';
import { addDay, readScrubState, SHARDS, writeScrubState } from '../integrity/scrub-state.ts';
import { countSnapshots, type Totals, verifySnapshots } from '../integrity/verify.ts';
import { answer, type Command, type LocalCommand } from './command.ts';

export const scrub: Command = {
  flags: ['all'],
  summary: "verify a day's share of all content, or all of it, and repair what can be repaired",
  run: async (context) => {
    const { library, flags, signal } = context;
    const { paths, clock, log } = library;
    const state = readScrubState(paths, clock.now(), log);
    writeScrubState(paths, flags.all ? { ...state, owed: SHARDS } : addDay(state));
    const sum = { files: 0, bytes: 0, swept: 0, sweptBytes: 0 };
    const damaged: string[] = [];
    for (;;) {
      const done = await scrubNextShard(library, { signal });
      if (!done) break;
      for (const key of ['files', 'bytes', 'swept', 'sweptBytes'] as const) sum[key] += done[key];
      damaged.push(...done.damaged.flatMap(({ names }) => names));
    }
    answer(context, { ...sum, damaged }, () => [
      `${sum.files} files read (${formatBytes(sum.bytes)}), ` +
        `${sum.swept} unused ones removed (${formatBytes(sum.sweptBytes)})`,
      ...(damaged.length === 0 ? ['no damage'] : damaged.map((name) => `damaged: ${name}`)),
    ]);
  },
};

export const damage: Command = {
  summary: 'content known to be damaged, and the affected snapshots',
  run: (context) => {
    const records = context.library.pool.damage.list();
    answer(context, { damage: records }, () =>
      records.flatMap(({ digest, found, names }) => [
        `${digest}  found ${found}`,
        ...(names ?? []).map((name) => `  ${name}`),
      ]),
    );
  },
};

export const verify: LocalCommand = {
  takes: ['[SERIAL]'],
  summary: 'verify every snapshot completely; changes nothing',
  run: async ({ paths, args, flags, print, progress, signal }) => {
    const serials =
      args[0] === undefined
        ? readdirSync(paths.library).flatMap((name) => tryParse(parseSerial, name) ?? [])
        : [parseSerial(args[0])];
    const of = serials.reduce((sum, serial) => sum + countSnapshots(paths, serial), 0);
    const onProgress = ({ snapshots, files }: Totals) =>
      progress({ done: snapshots, of, text: `snapshots, ${files} files read` });
    const findings = verifySnapshots(paths, serials, { signal, onProgress });
    let totals: Totals | undefined;
    while (!totals) {
      const next = await findings.next();
      if (next.done) totals = next.value;
      else if (flags.json) print(`${JSON.stringify(next.value)}\n`);
      else print(`${next.value.what}: ${next.value.path}\n`);
    }
    const { snapshots, entries, files, bytes, damaged } = totals;
    print(
      flags.json
        ? `${JSON.stringify(totals)}\n`
        : `${snapshots} snapshots, ${entries} entries, ${files} files read (${formatBytes(bytes)})\n`,
    );
    if (damaged > 0) {
      throw new DsError('damaged', `${damaged} problems were found`, {
        hint: 'the next backups of the affected laptops repair what they can; see "xs-backup damage"',
      });
    }
  },
};
