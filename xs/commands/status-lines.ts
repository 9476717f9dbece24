/**
 * The lines of `status` and `doctor`: at most 118 letters wide, but for a word that is longer.
 */
import { localDate, localTime } from '../../shared/words/local-time.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { concernAdvice, concernText } from '../admin/concern-words.ts';
import { type Concern, type ConcernType, concerns, weighed } from '../admin/concerns.ts';
import { LATE_DAYS } from '../admin/laptop-states.ts';
import type { Status } from '../admin/status.ts';
import type { DiskFacts } from '../storage/disk.ts';
import { counted, fold, TERMINAL_WORDS } from './lines.ts';

/** Letters in a line. */
const WIDTH = 118;
/** Names in one line; the rest are counted. */
const NAMED = 5;
const MAX_LINES = 25;

type Child = Readonly<{ serial: string; nick: string; count?: number }>;
/** What one laptop is called in a line. */
export type Caller = (child: Child) => string;

/** At most 25 lines: the facts, then what needs attention and, as far as there is room, what to do. */
export function formatStatus(found: Status): string[] {
  const { laptops, disk, scrub, clock, unregistered, strangers } = found;
  const called = callerOf(found);
  const by = (standing: string) => laptops.filter((one) => one.standing === standing);
  const damaged = by('damaged');
  const [partly, unsure] = [by('partly').length, by('unsure').length];
  const nameless = (some: readonly string[]) => some.map((serial) => ({ serial, nick: '' }));
  const names = (before: string, some: readonly Child[], after = '') =>
    `${before}${nameSome(some, called, WIDTH - before.length - after.length)}${after}`;
  const trash = `trash     ${counted(found.trash, 'item')} can be restored`;
  const lines = [
    `laptops   ${laptops.length}: ${by('safe').length} safe, ` +
      (partly > 0 ? `${partly} not with everything, ` : '') +
      (unsure > 0 ? `${unsure} last seen on an unknown date, ` : '') +
      `${by('late').length} not seen for ${LATE_DAYS} days, ${by('never').length} never backed up`,
    ...(damaged.length > 0 ? [names('NOT SAFE  ', damaged, ': the newest backup is damaged')] : []),
    diskLine(disk),
    ...found.disks.map(
      ({ name: which, freeBlocks, freeInodes }) =>
        `${`${which} `.padEnd(10)}${percent(freeBlocks)} of the blocks, ${percent(freeInodes)} of the inodes are free`,
    ),
    `forecast  ${formatForecast(found)}`,
    found.leftovers.length === 0 ? trash : names(`${trash}${leftBytes(found)}`, found.leftovers),
    `scrub     pass ${scrub.pass}, ${percent(scrub.shard / 256)} read; last complete pass ` +
      `${scrub.lastPassFinished ? localDate(scrub.lastPassFinished) : 'not yet'}`,
    shortened(
      `clock     ${localTime(found.time)}, ${clock.trusted ? 'trusted' : `NOT TRUSTED: ${clock.reason}`}`,
    ),
    ...(found.https?.fingerprint
      ? [`https     port ${found.https.port}  ${found.https.fingerprint}`]
      : []),
    ...(unregistered.length > 0
      ? [names('stored    ', nameless(unregistered), ': unregistered')]
      : []),
    ...(strangers.length > 0 ? [names('refused   ', strangers, ': unregistered, and asked')] : []),
  ];
  const { attention, advice: worth } = weighed(concerns(found));
  const told = attention.length === 0 ? ['all is well'] : ['needs attention:'];
  told.push(...within(attention, called, MAX_LINES - lines.length - 1));
  const left = MAX_LINES - lines.length - told.length - 1;
  if (worth.length > 0 && left > 0) told.push('worth doing:', ...within(worth, called, left));
  return [...lines, ...told];
}

export function diskLine({ usedBytes, freeBytes, freeBlocks, freeInodes }: DiskFacts): string {
  return (
    `disk      ${formatBytes(usedBytes)} used, ${formatBytes(freeBytes)} free ` +
    `(${percent(freeBlocks)} of the blocks, ${percent(freeInodes)} of the inodes)`
  );
}

/** These in at most `room` lines, as many as possible with what to do. */
function within(open: readonly Concern[], called: Caller, room: number): string[] {
  const shown = open.slice(0, open.length > room ? room - 1 : room);
  let left = room - open.length;
  const told = shown.flatMap((one) => {
    const todo = indented(advice(one), 4);
    const isTold = todo.length <= left;
    left -= isTold ? todo.length : 0;
    return [`  ${shortened(line(one, called, WIDTH - 2), 2)}`, ...(isTold ? todo : [])];
  });
  const more = open.length - shown.length;
  return more > 0 ? [...told, `  and ${more} more: see "xs-backup doctor"`] : told;
}

/** A paragraph as wide as a line may be. */
export function indented(text: string, blanks: number): string[] {
  return fold(text, WIDTH - blanks).map((one) => ' '.repeat(blanks) + one);
}

/** What is the matter and with whom; names are left out, and counted, from `room` letters on. */
export function line(concern: Concern, called: Caller, room = Number.POSITIVE_INFINITY): string {
  const text = concernText(TERMINAL_WORDS, concern);
  switch (concern.type) {
    case 'faults': {
      const each = concern.faults.map(({ part, reason }) => `${part} (${reason})`).join('; ');
      return `${text}: ${each}`;
    }
    case 'disk-full':
    case 'disk-nearly-full':
      return (
        `${text}: ${percent(concern.freeBlocks)} of the blocks and ` +
        `${percent(concern.freeInodes)} of the inodes are free`
      );
    case 'sandbox':
      return `${text}: ${concern.reason}`;
    case 'teachers-of-copy':
      return `${text}: ${concern.names.join(', ')}`;
    case 'not-safe':
    case 'offers':
      return `${text}: ${nameSome(concern.laptops, withThings(called), room - text.length - 2)}`;
    default:
      return 'laptops' in concern
        ? `${text}: ${nameSome(concern.laptops, called, room - text.length - 2)}`
        : text;
  }
}

/** So many letters of a line may be given up for a whole word at its end; a path is longer. */
const LOOSE_END = 20;

/** Fits a line that begins after so many blanks: cut after a word, where one ends near the limit. */
function shortened(text: string, blanks = 0): string {
  const width = WIDTH - blanks;
  if (text.length <= width) return text;
  const cut = text.slice(0, width - 1);
  const end = cut.lastIndexOf(' ');
  return `${cut.slice(0, end > width - LOOSE_END ? end : undefined)} …`;
}

/** What no backup has: a part of a line, for the screen has 25. */
function leftBytes({ leftovers }: Status): string {
  const bytes = leftovers.reduce((sum, one) => sum + one.bytes, 0);
  return `; unfinished ${formatBytes(bytes)} that no backup has: `;
}

/** Which command shows more, or does it. */
const SEE: Partial<Record<ConcernType, string>> = {
  'waiting-keys': 'approve LAPTOP DIGITS',
  twins: 'twins',
  'not-safe': 'not-safe',
  'refused-laptops': 'help adopt',
  'damaged-laptops': 'damage',
  held: 'held',
  arrivals: 'arrivals',
  offers: 'class-page',
  proposals: 'proposals',
  damage: 'damage',
  'over-quota': 'quota',
  'never-backed-up': 'laptops',
  'late-laptops': 'laptops',
  unconfirmed: 'laptops',
  'disk-full': 'quota',
  'disk-nearly-full': 'quota',
};

/** What to do about it, as short as a screen wants it. */
export function advice(concern: Concern): string {
  const see = SEE[concern.type];
  const text = concernAdvice(TERMINAL_WORDS, concern);
  if (see === undefined) return text;
  return `${text}${text.endsWith('.') ? '' : '.'} See "xs-backup ${see}".`;
}

function formatForecast({ forecast, fullOn }: Status): string {
  const { neededBytes, roomBytes, fits } = forecast;
  const sizes = `${formatBytes(neededBytes)} of ${formatBytes(roomBytes)}`;
  if (!fits) return `one full copy of every laptop does NOT fit (${sizes})`;
  const until = forecast.fullOn ? `, but will not from ${forecast.fullOn} on` : '';
  const full = fullOn ? `; the disk is full about ${fullOn}` : '';
  return `one full copy of every laptop fits (${sizes})${until}${full}`;
}

/** By nick; where two children are called Jim, also if only one of them is named here, with the serial. */
export function callerOf({ namesakes }: Pick<Status, 'namesakes'>): Caller {
  const shared = new Set(namesakes);
  return ({ serial, nick }) => {
    if (nick === '') return serial;
    const short = nick.length > LONG_NICK ? `${nick.slice(0, LONG_NICK - 1)}…` : nick;
    return shared.has(nick) || short !== nick ? `${short} (${serial})` : nick;
  };
}

/** Letters; a longer nick is cut, and its laptop told by its serial. */
const LONG_NICK = 20;

/** `Jim 2 things` */
function withThings(called: Caller): Caller {
  return (one) => `${called(one)} ${counted(one.count ?? 0, 'thing')}`;
}

/** `Jim, Ana and 3 more`, in `room` letters, five at most; `5 laptops` where there is no room for one. */
function nameSome(some: readonly Child[], called: Caller, room: number): string {
  const all = some.slice(0, NAMED).map(called);
  for (let n = all.length; n > 0; n -= 1) {
    const told = withRest(all.slice(0, n), some.length);
    if (told.length <= room) return told;
  }
  return counted(some.length, 'laptop');
}

function withRest(names: readonly string[], of: number): string {
  const rest = of - names.length;
  return `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
