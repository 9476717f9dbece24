/**
 * `status`: the school on one screen, at most 25 lines however many laptops there are.
 */
import { formatBytes } from '../../shared/words/quantity.ts';
import { type Concern, concerns } from '../admin/concerns.ts';
import { LATE_DAYS, readStatus, type Status } from '../admin/status.ts';
import { answer, type Command } from './command.ts';

/** Exit code of `status` when something needs attention, for monitoring programs. */
const NEEDS_ATTENTION = 3;
/** Letters in a line. */
const MAX_LINE = 118;
/** Names in one line; the rest are counted. */
const NAMED = 5;

export const status: Command = {
  summary: 'the school on one screen; exit code 3 when something needs attention',
  run: async (context) => {
    const found = await readStatus(context.library);
    const open = concerns(found);
    const types = open.map(({ type }) => type);
    answer(context, { ...found, concerns: types }, () => formatStatus(found));
    return open.length > 0 ? NEEDS_ATTENTION : 0;
  },
};

/** At most 25 lines: the facts, then one line for each concern. */
export function formatStatus(found: Status): string[] {
  const { laptops, disk, scrub, clock } = found;
  const by = (standing: string) => laptops.filter((one) => one.standing === standing);
  const never = by('never');
  const partly = by('partly').length;
  const lines = [
    `laptops   ${laptops.length}: ${by('safe').length} safe, ` +
      (partly > 0 ? `${partly} not with everything, ` : '') +
      `${by('late').length} not seen for ` +
      `${LATE_DAYS} days, ${never.length} never backed up`,
  ];
  const damaged = by('damaged');
  if (damaged.length > 0) lines.push(`NOT SAFE  ${name(damaged)}: the newest backup is damaged`);
  if (never.length > 0) lines.push(`never     ${name(never)}`);
  lines.push(
    `disk      ${formatBytes(disk.usedBytes)} used, ${formatBytes(disk.freeBytes)} free ` +
      `(${percent(disk.freeBlocks)} of the blocks, ${percent(disk.freeInodes)} of the inodes)`,
    ...found.disks.map(
      ({ name: which, freeBlocks, freeInodes }) =>
        `${which.padEnd(10)}${percent(freeBlocks)} of the blocks, ${percent(freeInodes)} of the inodes are free`,
    ),
    `forecast  ${formatForecast(found)}`,
    `trash     ${found.trash} items can be restored${formatLeftovers(found)}`,
    `scrub     pass ${scrub.pass}, ${percent(scrub.shard / 256)} read; last complete pass ` +
      `${scrub.lastPassFinished?.slice(0, 10) ?? 'not yet'}`,
    `clock     ${found.time.slice(0, 16)} UTC, ${clock.trusted ? 'trusted' : 'NOT TRUSTED'}`,
  );
  const { unregistered, strangers } = found;
  if (unregistered.length > 0) {
    const stored = unregistered.map((serial) => ({ serial, nick: '' }));
    lines.push(`stored    ${name(stored)}: unregistered`);
  }
  if (strangers.length > 0) {
    lines.push(`refused   ${name(strangers)}: unregistered, and asked`);
  }
  const open = concerns(found);
  lines.push(open.length === 0 ? 'all is well' : 'needs attention:');
  return [...lines, ...open.map((one) => `  ${formatConcern(one)}`)];
}

function formatConcern(concern: Concern): string {
  switch (concern.type) {
    case 'faults': {
      const each = concern.faults.map(({ part, reason }) => `${part} (${reason})`).join('; ');
      const line = `  does not work     ${each}`;
      return `${line.slice(2, MAX_LINE)}${line.length > MAX_LINE ? '…' : ''}`;
    }
    case 'waiting-keys':
      return `pending keys      ${name(concern.laptops)}: see "xs-backup laptops"`;
    case 'twins':
      return `two of one name   ${name(concern.laptops)}: see "xs-backup twins"`;
    case 'damaged-laptops':
      return `damaged laptops   ${name(concern.laptops)}: see "xs-backup damage"`;
    case 'not-safe':
      return `things not safe   ${counted(concern.laptops)}: see "xs-backup not-safe"`;
    case 'held':
      return `held backups      ${name(concern.laptops)}: see "xs-backup held"`;
    case 'clock':
      return `clock             nothing is removed: ${concern.reason}`;
    case 'damage':
      return `damage            ${concern.files} damaged files: see "xs-backup damage"`;
    case 'disk-too-small':
      return 'disk too small    a larger disk is needed, or fewer laptops';
    case 'disk-nearly-full':
      return (
        `disk nearly full  ${percent(concern.freeBlocks)} of the blocks and ` +
        `${percent(concern.freeInodes)} of the inodes are free`
      );
    case 'over-quota':
      return `over quota        ${name(concern.laptops)}: see "xs-backup quota"`;
    case 'refused-laptops':
      return `refused laptops   ${name(concern.laptops)}: "xs-backup help adopt"`;
    case 'locked-out-laptops':
      return (
        `cannot connect    ${concern.laptops.length} laptops have only DSA keys, which OpenSSH 10 cannot ` +
        'check: see README'
      );
    case 'late-laptops':
      return `not seen          ${name(concern.laptops)}`;
    default:
      return concern satisfies never;
  }
}

/** What no backup has: a part of a line, for the screen has 25. */
function formatLeftovers({ leftovers }: Status): string {
  if (leftovers.length === 0) return '';
  const bytes = leftovers.reduce((sum, one) => sum + one.bytes, 0);
  return `; unfinished ${formatBytes(bytes)} that no backup has: ${name(leftovers)}`;
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

/** `Jim: 2 things are not safe, Ana: 1 thing is not safe` in short. */
function counted(some: readonly { serial: string; nick: string; count: number }[]): string {
  const things = (count: number) => (count === 1 ? '1 thing' : `${count} things`);
  return name(
    some.map(({ serial, nick, count }) => ({ serial, nick: `${nick || serial} ${things(count)}` })),
  );
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
