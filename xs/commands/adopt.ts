/**
 * `adopt`: converts the snapshots that the original program left.
 */
import { readdirSync } from 'node:fs';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import { adoptInTurn } from '../chores/adoption.ts';
import type { AdoptedTree } from '../legacy/adopt.ts';
import { listRaw } from '../legacy/raw-snapshots.ts';
import type { Library } from '../library.ts';
import { laptopArgument } from './arguments.ts';
import { answer, type Command, type CommandContext } from './command.ts';
import { counted } from './lines.ts';

export const adopt: Command = {
  takes: ['[LAPTOP]'],
  flags: ['dry-run'],
  summary: "convert the original program's snapshots in place, without copying content",
  run: async (context) => {
    const { library, args, flags, progress } = context;
    const serials = args[0] === undefined ? laptopFolders(library) : [laptopArgument(context)];
    let found = 0;
    for (const [index, serial] of serials.entries()) {
      const trees = listRaw(library.paths, serial);
      if (trees.length === 0) continue;
      found += trees.length;
      if (flags['dry-run']) {
        const entries = trees.reduce((sum, tree) => sum + tree.entries, 0);
        answer(context, { serial, toAdopt: trees.length, entries }, () => [
          `${serial}  ${counted(trees.length, 'snapshot')} to adopt, ${counted(entries, 'entry', 'entries')}`,
        ]);
        continue;
      }
      const done = await adoptInTurn(library, serial, context.signal, ({ tree, entriesRead }) =>
        progress({
          ...{ done: index, of: serials.length },
          text: `laptops, ${serial} ${tree}: ${entriesRead} entries`,
        }),
      );
      report(context, serial, done);
    }
    if (found === 0) answer(context, { found }, () => ['there is nothing to adopt']);
  },
};

/** Includes unregistered laptops: their folders may be older than this program. */
function laptopFolders({ paths }: Library): Serial[] {
  return readdirSync(paths.library).flatMap((name) => tryParse(parseSerial, name) ?? []);
}

function report(context: CommandContext, serial: Serial, done: readonly AdoptedTree[]): void {
  answer(context, { serial, adopted: done }, () => [
    `${serial}  ${done.length} adopted; the original trees are in the trash`,
    ...done.flatMap(({ name, held, leftOut }) => [
      ...(held ? [`  ${name}  was incomplete: held, see "xs-backup held"`] : []),
      ...leftOut.map(({ what, reason }) => `  ${name}  without ${what}: ${reason}`),
    ]),
  ]);
}
