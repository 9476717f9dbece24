/**
 * `cleanup`, `trash`, `undelete` and `quota`: what is removed, what can be restored, how much space each
 * laptop uses.
 */
import { existsSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import { parseSnapshotName, type Serial, tryParse } from '../../shared/ids.ts';
import { localTime } from '../../shared/words/local-time.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { reliefText } from '../admin/concern-words.ts';
import { allReliefs, mayUse, type Relief, readParts } from '../admin/relief.ts';
import { wayOutOf } from '../admin/ways-out.ts';
import { cleanUp, type LaptopReport } from '../chores/cleanup.ts';
import type { Emptied } from '../chores/empty-trash.ts';
import { type NextToGo, nextToGo } from '../chores/next-to-go.ts';
import type { Library } from '../library.ts';
import { revivePin } from '../pins/pin-note.ts';
import { pinSnapshot } from '../pins/pinning.ts';
import { titleInTrash } from '../pins/pins.ts';
import { fullQuota, laptopQuotas, sharePercent } from '../retention/quota.ts';
import type { Plan } from '../retention/retention.ts';
import { ENGLISH, keepWords, removeWords, UNNAMED_WORDS } from '../retention/retention-words.ts';
import { makeLaptopFolders } from '../storage/ownership.ts';
import { inLibrary } from '../storage/paths.ts';
import {
  ARRIVAL,
  listTrash,
  type TrashItem,
  undelete as undeleteItem,
  WHOLE_LAPTOP,
} from '../storage/trash.ts';
import { named, nickOf, trashedLaptop } from './arguments.ts';
import { answer, type Command, usage } from './command.ts';
import { columns, counted, TERMINAL_WORDS } from './lines.ts';

function waitingLine({ paths }: Library, { emptied, unreadable }: Emptied): string {
  const what = `the trash is not emptied${emptied > 0 ? ' further' : ''}`;
  if (existsSync(inLibrary(paths).arriving)) {
    return `${what}: not all has come from the copy elsewhere; "xs-backup offsite restore" brings the rest`;
  }
  const folders = counted(unreadable, 'folder');
  return `${what}: ${folders} cannot be read, so that nobody knows what is still needed; see "xs-backup damage"`;
}

export const cleanup: Command = {
  flags: ['dry-run', 'trust-clock'],
  summary: 'thin old snapshots, enforce quotas, empty the trash; prints the reasons',
  run: async (context) => {
    const { library, flags, print, progress, signal } = context;
    const dryRun = flags['dry-run'] ?? false;
    if (flags['trust-clock'] && !dryRun) {
      library.timeline.trust();
      library.audit.decided('clock-trusted', null);
    }
    const of = library.serials().length;
    let reported = 0;
    const ahead = { removed: 0, freedBytes: 0 };
    const onLaptop = (report: LaptopReport) => {
      const { plan } = report;
      if (plan) {
        ahead.removed += plan.remove.length;
        ahead.freedBytes += freedBy(plan);
      }
      // Whatever stays as it is, is listed by a dry run only.
      const isTold = dryRun || !plan || plan.stuck || plan.remove.length > 0;
      if (flags.json) print(`${JSON.stringify(report)}\n`);
      else if (isTold) print(formatLaptop(report, nickOf(library, report.serial), dryRun));
      reported += 1;
      progress({ done: reported, of, text: `laptops, ${report.serial}` });
    };
    const done = await cleanUp(library, { dryRun, signal, onLaptop });
    const { clock, removed, emptied, freedBytes } = done;
    if (!dryRun) library.audit.decided('cleaned-up', null, { removed, emptied });
    const next = dryRun ? nextToGo(library) : [];
    const reliefs = dryRun ? await allReliefs(library) : [];
    const more = dryRun ? { ahead, trash: next, reliefs } : {};
    const facts = { ...done, clock: { trusted: clock.trusted, reason: clock.reason }, ...more };
    const wouldTrust = dryRun && flags['trust-clock'] === true && !clock.trusted;
    answer(context, facts, () => [
      ...(flags['trust-clock'] && !dryRun
        ? [`the clock of this server is trusted: it is ${localTime(library.clock.now())}`]
        : []),
      ...(clock.trusted || wouldTrust || clock.trouble
        ? []
        : [
            `nothing is removed: ${clock.reason}`,
            'if the date of this server is correct, run "xs-backup cleanup --trust-clock"',
          ]),
      ...(dryRun ? aheadLines(library, ahead, next, reliefs) : []),
      ...(done.unlinked
        ? ['nothing is removed: this library is without its hard links; run "xs-backup relink"']
        : []),
      ...(done.unreadable > 0 ? [waitingLine(library, done)] : []),
      dryRun
        ? `nothing was changed${wouldTrust ? '; without --dry-run the clock is trusted, and all this is done' : ''}`
        : `${removed} moved to the trash, ${emptied} left it (${formatBytes(freedBytes)} freed)`,
    ]);
    if (clock.trouble) throw nothingRemoved(clock.trouble);
  },
};

/** Not a question of the date: what has an age could be forgotten with the next power cut. */
function nothingRemoved(trouble: DsError): DsError {
  const { code, message: reason } = trouble;
  const hint = wayOutOf({ part: 'library', reason });
  return new DsError(code, `nothing is removed: ${reason}`, { hint, cause: trouble });
}

/** What a plan takes less when it is done, in bytes: for this laptop, as if it were alone. */
function freedBy({ used, usedAfter }: Plan): number {
  return Math.max(0, used.bytes - usedAfter.bytes);
}

/** Items of the trash that are named; the rest is counted. */
const NAMED_ITEMS = 5;

/** What goes by itself, in its order, and what only people decide; with sizes. */
function aheadLines(
  library: Library,
  ahead: { removed: number; freedBytes: number },
  next: readonly NextToGo[],
  reliefs: readonly Relief[],
): string[] {
  const bytes = next.reduce((sum, one) => sum + one.bytes, 0);
  const rest = next.length - NAMED_ITEMS;
  return [
    '',
    `the next cleanup moves ${counted(ahead.removed, 'snapshot')} to the trash` +
      (ahead.removed > 0 ? `: ${formatBytes(ahead.freedBytes)} later` : ''),
    `in the trash, freed by itself in this order: ${counted(next.length, 'item')}, at least ${formatBytes(bytes)}`,
    ...columns(
      next
        .slice(0, NAMED_ITEMS)
        .map(({ serial, name, title, bytes: size, daysLeft }) => [
          `  ${nickOf(library, serial) || serial}`,
          ...[title === '' ? name : `pinned: ${JSON.stringify(title)}`, formatBytes(size)],
          daysLeft === 0 ? 'now' : `after ${counted(daysLeft, 'more day')}`,
        ]),
    ),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
    'days are those that surely passed, whatever the clock says: while the server is off, one at most counts',
    'what makes most room beside that:',
    ...reliefs.flatMap((one) => [
      `  ${reliefText(TERMINAL_WORDS, one)}`,
      ...one.laptops.map(({ serial, nick, bytes }) => {
        const see = one.type === 'pins' ? `pins ${serial}` : 'held';
        return `    ${formatBytes(bytes)} of ${nick || serial}: "xs-backup ${see}"`;
      }),
    ]),
    '  a larger disk',
  ];
}

function formatLaptop(report: LaptopReport, nick: string, dryRun: boolean): string {
  const { serial, plan, unnamed, problem, quota } = report;
  const who = nick === '' ? serial : `${serial}  ${nick}`;
  if (!plan) return `${who}  skipped: ${problem}\n`;
  const lines = [
    `${who}  keeps ${plan.keep.length}, removes ${plan.remove.length}` +
      `${plan.remove.length > 0 ? ` (${formatBytes(freedBy(plan))})` : ''}; ` +
      `${formatBytes(plan.usedAfter.bytes)} of ${formatBytes(quota.bytes)}` +
      `${plan.stuck ? ', over its quota with nothing more to remove' : ''}`,
  ];
  for (const { name, reason } of plan.remove)
    lines.push(`  remove ${name}  ${removeWords(ENGLISH, reason)}`);
  for (const { uid } of unnamed) lines.push(`  remove pin ${uid}  ${UNNAMED_WORDS}`);
  if (dryRun) {
    const recent = plan.keep.filter(({ reason }) => reason === 'recent');
    for (const { name, reason } of plan.keep)
      if (reason !== 'recent') lines.push(`  keep   ${name}  ${keepWords(ENGLISH, reason)}`);
    if (recent.length > 0) {
      const from = recent[0]?.name.slice('datastore-'.length);
      const many = recent.length === 1 ? '' : ` and ${recent.length - 1} after it`;
      lines.push(`  keep   datastore-${from}${many}  ${keepWords(ENGLISH, 'recent')}`);
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

export const trash: Command = {
  onlyReads: true,
  takes: ['[LAPTOP]'],
  summary: 'removed items that can still be restored',
  run: (context) => {
    const serial = context.args[0] === undefined ? undefined : trashedLaptop(context);
    const items = listTrash(context.library.paths, serial);
    const rows = items.map((item) => {
      const { serial: of, name, removed, reason } = item;
      const title = titleInTrash(item);
      return { serial: of, name, title, removed: removed.toISOString(), reason };
    });
    answer(context, { trash: rows }, () =>
      rows.length === 0
        ? ['the trash is empty']
        : columns(
            rows.map((row) => [
              ...[row.serial, nickOf(context.library, row.serial)],
              ...[row.name, localTime(row.removed), row.reason, row.title],
            ]),
          ),
    );
  },
};

export const undelete: Command = {
  takes: ['LAPTOP', 'NAME'],
  summary: 'restore a removed snapshot or pin, or a forgotten laptop; a snapshot is then pinned',
  run: async (context) => {
    const { library, args } = context;
    const serial = trashedLaptop(context);
    const name = trashedName(listTrash(library.paths, serial), args[1]);
    await library.workQueue.run(async () => {
      // Pinned first: otherwise the next cleanup would remove it again, for the same reason.
      const snapshot = tryParse(parseSnapshotName, name);
      const known = listTrash(library.paths, serial).findLast((item) => item.name === name);
      if (snapshot && known) pinSnapshot(library, serial, snapshot);
      else if (known && name !== WHOLE_LAPTOP && name !== ARRIVAL) revivePin(known.folder);
      undeleteItem(library.paths, serial, name);
      if (name === WHOLE_LAPTOP) {
        makeLaptopFolders(library.ownership, library.paths, serial);
        library.registrations.cameBack(serial);
      }
      await library.index.reindex(serial);
    });
    library.log.info('undeleted', { serial, name });
    library.audit.decided('undeleted', serial, { name });
    answer(context, { undeleted: name }, () => [
      `${named(library, serial)}: ${name} is restored, and kept`,
    ]);
  },
};

/** The name, a beginning of it, or the title of what was pinned, where only one item is meant. Throws `usage`. */
function trashedName(items: readonly TrashItem[], typed: string | undefined): string {
  if (typed === undefined) throw usage('a NAME is needed: "xs-backup trash" lists them');
  if (typed === '' || items.some(({ name }) => name === typed)) return typed;
  const meant = items.filter((item) => item.name.startsWith(typed) || titleInTrash(item) === typed);
  const names = [...new Set(meant.map(({ name }) => name))];
  if (names.length < 2) return names[0] ?? typed;
  throw usage(
    `${JSON.stringify(typed)} may be any of ${names.length} items of the trash`,
    `give more of the name: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' …' : ''}`,
  );
}

export const quota: Command = {
  onlyReads: true,
  summary: "each laptop's quota and use as of the last cleanup, and the disk",
  run: async (context) => {
    const { library } = context;
    const share = sharePercent(library.config.quota);
    const each = fullQuota(library);
    const { disk, usage, parts } = await readParts(library);
    const eachBytes = Math.min(each.bytes, parts.room);
    const quotas = laptopQuotas(library);
    const rows = usage.map((row) => {
      const quotaBytes = quotas(row.serial as Serial).bytes;
      return { ...row, quotaBytes: mayUse(quotaBytes, row.bytes, disk.freeBytes) };
    });
    const summary = {
      sharePercent: share,
      quotaBytes: eachBytes,
      freeBytes: disk.freeBytes,
      /** What the disk really holds: equal content of several laptops once. */
      usedBytes: disk.usedBytes,
      laptops: rows,
    };
    answer(context, summary, () => [
      ...(rows.length === 0 ? ['what each laptop uses is counted by the daily cleanup'] : []),
      ...columns(
        rows.map(({ serial, bytes, quotaBytes, stuck }) => [
          ...[serial, nickOf(library, serial)],
          ...[formatBytes(bytes), `of ${formatBytes(quotaBytes)}`],
          stuck ? 'over its quota, nothing more to remove' : '',
        ]),
      ),
      `all laptops together may use ${formatBytes(parts.room)}: ${share} % of the disk, as far as other files leave it`,
      `of that a laptop that is confirmed, or has a history of 90 days, may use ${formatBytes(eachBytes)} now; a ` +
        'newer one less, and all of them less with each laptop that comes',
      `${formatBytes(disk.freeBytes)} are free, ${formatBytes(disk.usedBytes)} in use`,
      'each version counts fully for every laptop that has it, but is stored only once',
    ]);
  },
};
