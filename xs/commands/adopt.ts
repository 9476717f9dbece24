/**
 * `adopt`: converts the snapshots that the original program left. What cannot be converted is named
 * with what to do about it, and the others are converted all the same.
 */
import { isAbsolute } from 'node:path';
import { asDsError, isErrno } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { type Adoption, adoptInTurn } from '../chores/adoption.ts';
import { laptopsIn } from '../integrity/checker.ts';
import { type PlannedTree, planAdoption } from '../legacy/plan.ts';
import { hasRaw, listRaw } from '../legacy/raw-snapshots.ts';
import { isDenied, rightsCommand } from '../legacy/rights.ts';
import {
  type ImportReport,
  type ImportResult,
  importIdmgr,
  type OldLaptop,
} from '../registration/idmgr-import.ts';
import { inLaptop } from '../storage/paths.ts';
import { laptopArgument } from './arguments.ts';
import { answer, type Command, type CommandContext, NEEDS_ATTENTION, usage } from './command.ts';
import { counted } from './lines.ts';

const HAPPENS = {
  'becomes-snapshot': 'becomes a snapshot',
  'is-held': 'is held aside: it counts as no backup, and replaces none',
  stays: 'stays as it is',
} as const satisfies Record<PlannedTree['happens'], string>;

export const adopt: Command = {
  takes: ['[LAPTOP]'],
  flags: ['plan', 'dry-run', 'idmgr'],
  summary: "convert the original program's snapshots in place, without copying content",
  run: async (context) => {
    const { library, args, flags, signal } = context;
    // Laptops that are not registered are among them: their folders may be older than this program.
    const left = flags.idmgr === undefined ? 0 : await importOld(context, flags.idmgr);
    const serials = args[0] === undefined ? laptopsIn(library.paths) : [laptopArgument(context)];
    let refused = left;
    let told = flags.idmgr !== undefined || flags.json === true;
    for (const [index, serial] of serials.entries()) {
      try {
        const done = await adoptOne(context, serial, { done: index, of: serials.length });
        told ||= done !== undefined;
        refused += done ?? 0;
      } catch (error) {
        if (signal.aborted || concernsAll(error)) throw error;
        refused += 1;
        told = true;
        reportFailure(context, serial, error);
      }
    }
    if (!told) context.print('nothing of the original program is left to adopt\n');
    return refused > 0 ? NEEDS_ATTENTION : 0;
  },
};

/** Returns how many laptops could not be taken over. */
async function importOld(context: CommandContext, file: string): Promise<number> {
  const { library, signal, flags } = context;
  if (!isAbsolute(file)) throw usage('give the whole path of identity.db: the service reads it');
  const { registrations } = library;
  let done: ImportReport;
  try {
    const dryRun = flags['dry-run'] || flags.plan;
    const take = (laptop: OldLaptop) => registrations.takeOver(laptop, dryRun);
    done = await importIdmgr(file, take, signal);
  } finally {
    registrations.announceKeys();
  }
  const { laptops, refused } = done;
  const count = (result: ImportResult) => laptops.filter((one) => one.result === result).length;
  const others = laptops.filter(({ result }) => result !== 'imported' && result !== 'known');
  const verb = flags['dry-run'] || flags.plan ? 'to take over' : 'taken over';
  answer(context, { imported: laptops, refused }, () => [
    `${counted(count('imported'), 'laptop')} ${verb} from ${file}; ${count('known')} are here already`,
    ...others.map(({ serial, result }) => `  ${serial}  ${NOT_TAKEN[result]}`),
    ...refused.map(({ what, reason }) => `  ${what || '(no serial)'}  NOT taken over: ${reason}`),
  ]);
  return refused.length;
}

const NOT_TAKEN: Readonly<Record<ImportResult, string>> = {
  imported: 'taken over',
  known: 'is here already',
  'other-key': 'has registered here with another key, which stays',
  'own-key': 'has the new program, and needs no key of the old one',
  rejected: 'its key was rejected here',
  retired: 'is out of use here',
};

/** Returns how many trees could not be converted; undefined where there was none, and nothing was told. */
async function adoptOne(
  context: CommandContext,
  serial: Serial,
  step: { done: number; of: number },
): Promise<number | undefined> {
  const { library, flags, signal, progress } = context;
  if (flags.plan) return tellPlan(context, serial);
  if (!hasRaw(library.paths, serial)) return undefined;
  if (flags['dry-run']) {
    const trees = listRaw(library.paths, serial);
    const entries = trees.reduce((sum, tree) => sum + tree.entries, 0);
    answer(context, { serial, toAdopt: trees.length, entries }, () => [
      `${serial}  ${counted(trees.length, 'snapshot')} to adopt, ${counted(entries, 'entry', 'entries')}`,
    ]);
    return 0;
  }
  const done = await adoptInTurn(library, serial, signal, ({ tree, entriesRead }) =>
    progress({ ...step, text: `laptops, ${serial} ${tree}: ${entriesRead} entries` }),
  );
  report(context, serial, done);
  return done.refused.length;
}

/** No other laptop could be converted either. */
function concernsAll(error: unknown): boolean {
  return isErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM');
}

/** Returns how many trees could not be converted; undefined where there is none. */
function tellPlan(context: CommandContext, serial: Serial): number | undefined {
  const { library } = context;
  const trees = planAdoption(library, serial);
  if (trees.length === 0) return undefined;
  const registered = library.registrations.get(serial);
  const who = registered ? registered.nick : 'not registered';
  answer(context, { serial, registered: Boolean(registered), plan: trees }, () => [
    `${serial}  ${who}`,
    ...trees.flatMap(({ place, what, why, happens, as, hint, entries }) => [
      `  ${place}  ${counted(entries, 'entry', 'entries')}  ${what.replace('-', ' ')}: ${why}`,
      `      ${HAPPENS[happens]}${as === null || as === place ? '' : `, as ${as}`}`,
      ...(hint === null ? [] : [`      ${hint}`]),
    ]),
  ]);
  return trees.filter(({ what }) => what === 'unreadable' || what === 'too-large').length;
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
