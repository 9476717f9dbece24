/**
 * `status`: the school on one screen, at most 25 lines however many laptops there are; and `diag`,
 * the same without anybody's name, to send to somebody who helps.
 */
import { arch, platform, release } from 'node:os';
import { run } from '../../shared/system/run.ts';
import { VERSION } from '../../shared/version.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { concerns, LATE_DAYS, readStatus, type Status } from '../admin/status.ts';
import { answer, type Command } from './command.ts';

/** Exit code of `status` when something needs a look, for monit and the like. */
const NEEDS_A_LOOK = 3;
/** Names in one line; the rest is a number. */
const NAMED = 5;

export const status: Command = {
  summary: 'the school on one screen; exit code 3 when something needs a look',
  run: async (context) => {
    const found = await readStatus(context.library);
    const open = concerns(found);
    answer(context, { ...found, concerns: open }, () => formatStatus(found));
    return open.length > 0 ? NEEDS_A_LOOK : 0;
  },
};

/** At most 25 lines. */
export function formatStatus(found: Status): string[] {
  const { laptops, disk, forecast, scrub, clock } = found;
  const by = (standing: string) => laptops.filter((one) => one.standing === standing);
  const [late, never] = [by('late'), by('never')];
  const lines = [
    `laptops   ${laptops.length}: ${by('safe').length} safe, ${late.length} not seen for ` +
      `${LATE_DAYS} days, ${never.length} never backed up`,
  ];
  if (late.length > 0) lines.push(`late      ${name(late.sort(byDays))}`);
  if (never.length > 0) lines.push(`never     ${name(never)}`);
  if (found.held.length > 0) lines.push(`held      ${name(found.held)}: see "xs-backup held"`);
  if (found.waitingKeys.length > 0) {
    lines.push(`waiting   ${name(found.waitingKeys)}: see "xs-backup laptops"`);
  }
  if (found.overQuota.length > 0) lines.push(`quota     over it: ${name(found.overQuota)}`);
  lines.push(
    `disk      ${formatBytes(disk.usedBytes)} used, ${formatBytes(disk.freeBytes)} free ` +
      `(${percent(disk.freeBlocks)} of the blocks, ${percent(disk.freeInodes)} of the inodes)`,
    `forecast  ${formatForecast(found)}`,
    `trash     ${found.trash} things can be brought back`,
    `scrub     pass ${scrub.pass}, ${percent(scrub.shard / 256)} read; last whole pass ` +
      `${scrub.lastPassFinished?.slice(0, 10) ?? 'not yet'}; ` +
      `${found.damaged === 0 ? 'no damage' : `${found.damaged} DAMAGED: see "xs-backup damage"`}`,
    `clock     ${clock.trusted ? `${found.time.slice(0, 16)} UTC` : `NOT BELIEVED: ${clock.reason}`}`,
  );
  if (!forecast.fits) lines.push('          a larger disk is needed, or fewer laptops');
  return lines;
}

function formatForecast({ forecast }: Status): string {
  const { neededBytes, roomBytes, fits, fullOn } = forecast;
  const sizes = `${formatBytes(neededBytes)} of ${formatBytes(roomBytes)}`;
  if (!fits) return `one full copy of every laptop does NOT fit (${sizes})`;
  const until = fullOn ? `, but will not from ${fullOn} on` : '';
  return `one full copy of every laptop fits (${sizes})${until}`;
}

function name(some: readonly { serial: string; nick: string }[]): string {
  const named = some.slice(0, NAMED).map(({ serial, nick }) => nick || serial);
  const rest = some.length - named.length;
  return `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function byDays(a: { days: number | null }, b: { days: number | null }): number {
  return (b.days ?? 0) - (a.days ?? 0);
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

const MOUNT = ['--noheadings', '--output', 'FSTYPE,OPTIONS'] as const;

export const diag: Command = {
  summary: 'a text about this server without names, serials or keys, to send to who helps',
  run: async (context) => {
    const { library } = context;
    const { paths, config, env } = library;
    const found = await readStatus(library);
    const tool = async (command: string, ...args: string[]) => {
      const done = await run(command, args, { env, accept: [1, 255] }).catch(() => undefined);
      return `${done?.stdout ?? ''}${done?.stderr ?? ''}`.split('\n')[0] || 'not found';
    };
    const count = (standing: string) =>
      found.laptops.filter((one) => one.standing === standing).length;
    const facts = {
      'ds-backup': `${VERSION}, node ${process.version}, ${platform()} ${release()} ${arch()}`,
      rsync: await tool('rsync', '--version'),
      ssh: await tool('ssh', '-V'),
      bubblewrap: await tool('bwrap', '--version'),
      'file system': await tool('findmnt', ...MOUNT, '--target', paths.library),
      settings: config,
      laptops: { safe: count('safe'), late: count('late'), never: count('never') },
      decisions: {
        ...{ held: found.held.length, waitingKeys: found.waitingKeys.length },
        overQuota: found.overQuota.length,
      },
      disk: found.disk,
      forecast: found.forecast,
      scrub: { ...found.scrub, damaged: found.damaged, trash: found.trash },
      clock: found.clock,
      concerns: concerns(found).join(', ') || 'none',
    };
    answer(context, facts, () =>
      Object.entries(facts).map(
        ([name, fact]) => `${name}: ${typeof fact === 'string' ? fact : JSON.stringify(fact)}`,
      ),
    );
  },
};
