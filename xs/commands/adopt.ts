/**
 * `adopt`: converts the snapshots that the original program left. What cannot be converted is named
 * with what to do about it, and the others are converted all the same.
 */
import { readdirSync } from 'node:fs';
import { asDsError, isErrno } from '../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import { type Adoption, adoptInTurn } from '../chores/adoption.ts';
import { hasRaw, listRaw } from '../legacy/raw-snapshots.ts';
import { isDenied, rightsCommand } from '../legacy/rights.ts';
import type { Library } from '../library.ts';
import { inLaptop } from '../storage/paths.ts';
import { answer, type Command, type CommandContext } from './command.ts';

/** Exit code when something could not be converted. */
const NEEDS_ATTENTION = 3;

export const adopt: Command = {
  takes: ['[SERIAL]'],
  flags: ['dry-run'],
  summary: "convert the original program's snapshots in place, without copying content",
  run: async (context) => {
    const { library, args, signal } = context;
    const serials = args[0] === undefined ? laptopFolders(library) : [parseSerial(args[0])];
    let refused = 0;
    for (const [index, serial] of serials.entries()) {
      try {
        refused += await adoptOne(context, serial, { done: index, of: serials.length });
      } catch (error) {
        if (signal.aborted || concernsAll(error)) throw error;
        refused += 1;
        reportFailure(context, serial, error);
      }
    }
    return refused > 0 ? NEEDS_ATTENTION : 0;
  },
};

/** Returns how many trees could not be converted. */
async function adoptOne(
  context: CommandContext,
  serial: Serial,
  step: { done: number; of: number },
): Promise<number> {
  const { library, flags, signal, progress } = context;
  if (!hasRaw(library.paths, serial)) return 0;
  if (flags['dry-run']) {
    const trees = listRaw(library.paths, serial);
    const entries = trees.reduce((sum, tree) => sum + tree.entries, 0);
    answer(context, { serial, toAdopt: trees.length, entries }, () => [
      `${serial}  ${trees.length} snapshots to adopt, ${entries} entries`,
    ]);
    return 0;
  }
  const done = await adoptInTurn(library, serial, signal, ({ tree, entriesRead }) =>
    progress({ ...step, text: `laptops, ${serial} ${tree}: ${entriesRead} entries` }),
  );
  report(context, serial, done);
  return done.refused.length;
}

/** Includes unregistered laptops: their folders may be older than this program. */
function laptopFolders({ paths }: Library): Serial[] {
  return readdirSync(paths.library).flatMap((name) => tryParse(parseSerial, name) ?? []);
}

/** No other laptop could be converted either. */
function concernsAll(error: unknown): boolean {
  return isErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM');
}

function report(context: CommandContext, serial: Serial, { adopted, refused }: Adoption): void {
  answer(context, { serial, adopted, refused }, () => [
    ...(adopted.length > 0
      ? [`${serial}  ${adopted.length} adopted; the original trees are in the trash`]
      : []),
    ...adopted.flatMap(({ name, held, leftOut }) => [
      ...(held ? [`  ${name}  was incomplete: held, see "xs-backup held"`] : []),
      ...leftOut.map(({ what, reason }) => `  ${name}  without ${what}: ${reason}`),
    ]),
    ...(refused.length > 0
      ? [`${serial}  ${refused.length} NOT adopted, and left as they are`]
      : []),
    ...refused.map(({ name, reason }) => `  ${name}  ${reason}`),
    ...[...new Set(refused.map(({ hint }) => hint))].flatMap((hint) => (hint ? [`  ${hint}`] : [])),
  ]);
}

function reportFailure(context: CommandContext, serial: Serial, error: unknown): void {
  const { paths, ownership, log } = context.library;
  const { message: reason, hint: known } = asDsError(error);
  const rights = `run: ${rightsCommand(ownership, inLaptop(paths, serial).home)}`;
  const hint = known ?? (isDenied(error) ? rights : null);
  log.warn('not-adopted', { serial, reason });
  answer(context, { serial, adopted: [], refused: [], failed: { reason, hint } }, () => [
    `${serial}  NOT adopted: ${reason}`,
    ...(hint ? [`  ${hint}`] : []),
  ]);
}
