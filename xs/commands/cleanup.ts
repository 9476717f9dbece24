/**
 * `cleanup`, `trash`, `undelete` and `quota`: what is removed, what can be restored, how much space each
 * laptop uses.
 */
import { parseSnapshotName, tryParse } from '../../shared/ids.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { diskParts, mayUse } from '../admin/relief.ts';
import { cleanUp, type LaptopReport } from '../chores/cleanup.ts';
import { revivePin } from '../pins/pin-note.ts';
import { pinSnapshot } from '../pins/pinning.ts';
import { fullQuota, roomForLaptops, sharePercent } from '../retention/quota.ts';
import { ENGLISH, keepWords, removeWords, UNNAMED_WORDS } from '../retention/retention-words.ts';
import { measureDisk } from '../storage/disk.ts';
import { makeLaptopFolders } from '../storage/ownership.ts';
import { ARRIVAL, listTrash, undelete as undeleteItem, WHOLE_LAPTOP } from '../storage/trash.ts';
import { named, nickOf, trashedLaptop } from './arguments.ts';
import { answer, type Command, usage } from './command.ts';
import { columns, localTime } from './lines.ts';

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
    const onLaptop = (report: LaptopReport) => {
      print(
        flags.json
          ? `${JSON.stringify(report)}\n`
          : formatLaptop(report, nickOf(library, report.serial), dryRun),
      );
      reported += 1;
      progress({ done: reported, of, text: `laptops, ${report.serial}` });
    };
    const done = await cleanUp(library, { dryRun, signal, onLaptop });
    const { clock, removed, emptied, freedBytes } = done;
    if (!dryRun) library.audit.decided('cleaned-up', null, { removed, emptied });
    answer(context, { ...done, clock: { trusted: clock.trusted, reason: clock.reason } }, () => [
      ...(clock.trusted
        ? []
        : [
            `nothing is removed: ${clock.reason}`,
            'if the date of this server is correct, run "xs-backup cleanup --trust-clock"',
          ]),
      ...(done.unlinked
        ? ['nothing is removed: this library is without its hard links; run "xs-backup relink"']
        : []),
      dryRun
        ? 'nothing was changed'
        : `${removed} moved to the trash, ${emptied} left it (${formatBytes(freedBytes)} freed)`,
    ]);
  },
};

function formatLaptop(report: LaptopReport, nick: string, dryRun: boolean): string {
  const { serial, plan, unnamed, problem, quota } = report;
  const who = nick === '' ? serial : `${serial}  ${nick}`;
  if (!plan) return `${who}  skipped: ${problem}\n`;
  const lines = [
    `${who}  keeps ${plan.keep.length}, removes ${plan.remove.length}; ` +
      `${formatBytes(plan.usedAfter.bytes)} of ${formatBytes(quota.bytes)}` +
      `${plan.stuck ? ', over its quota with nothing more to remove' : ''}`,
  ];
  for (const { name, reason } of plan.remove)
    lines.push(`  remove ${name}  ${removeWords(ENGLISH, reason)}`);
  for (const { uid } of unnamed) lines.push(`  remove pin ${uid}  ${UNNAMED_WORDS}`);
  if (dryRun) {
    for (const { name, reason } of plan.keep)
      lines.push(`  keep   ${name}  ${keepWords(ENGLISH, reason)}`);
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
    const rows = items.map(({ serial: of, name, removed, reason }) => ({
      ...{ serial: of, name, removed: removed.toISOString(), reason },
    }));
    answer(context, { trash: rows }, () =>
      rows.length === 0
        ? ['the trash is empty']
        : columns(
            rows.map((row) => [
              ...[row.serial, nickOf(context.library, row.serial)],
              ...[row.name, localTime(row.removed), row.reason],
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
    const name = args[1];
    if (name === undefined) throw usage('a NAME is needed: "xs-backup trash" lists them');
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

export const quota: Command = {
  onlyReads: true,
  summary: "each laptop's quota and use as of the last cleanup, and the disk",
  run: async (context) => {
    const { library } = context;
    const { paths, config } = library;
    const share = sharePercent(config.quota);
    const each = fullQuota(library);
    const disk = await measureDisk(paths.library);
    const usage = await library.index.usage();
    const { room } = diskParts(disk, usage, roomForLaptops(paths.library, config.quota).bytes);
    const eachBytes = Math.min(each.bytes, room);
    const rows = usage.map((row) => {
      return { ...row, quotaBytes: mayUse(row.quotaBytes, row.bytes, disk.freeBytes) };
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
      `a laptop with a history may use ${formatBytes(eachBytes)}: its part of the ${formatBytes(room)} that all ` +
        `may use together, ${share} % of the disk as far as other files leave it`,
      `${formatBytes(disk.freeBytes)} are free, ${formatBytes(disk.usedBytes)} in use`,
      'each version counts fully for every laptop that has it, but is stored only once',
    ]);
  },
};
