/**
 * `status`: the school on one screen, at most 25 lines however many laptops there are; `doctor`: each thing
 * that a working server needs, tried now.
 */
import { formatBytes } from '../../shared/words/quantity.ts';
import { concernAdvice, concernText } from '../admin/concern-words.ts';
import {
  type Concern,
  type ConcernType,
  concerns,
  type Named,
  weighed,
} from '../admin/concerns.ts';
import { LATE_DAYS } from '../admin/laptop-states.ts';
import { readStatus, type Status } from '../admin/status.ts';
import { type Unsettled, unsettled } from '../admin/unsettled.ts';
import { answer, type Command, NEEDS_ATTENTION } from './command.ts';
import { counted, localDate, localTime, TERMINAL_WORDS } from './lines.ts';

/** Letters in a line. */
const MAX_LINE = 118;
/** Names in one line; the rest are counted. */
const NAMED = 5;
const MAX_LINES = 25;

export const status: Command = {
  onlyReads: true,
  summary: 'the school on one screen; exit code 3 when something needs attention',
  run: async (context) => {
    const found = await readStatus(context.library, { fresh: true });
    const { attention, advice } = weighed(concerns(found));
    const types = (some: readonly Concern[]) => some.map(({ type }) => type);
    const facts = { ...found, concerns: types(attention), advice: types(advice) };
    answer(context, facts, () => formatStatus(found));
    return attention.length > 0 ? NEEDS_ATTENTION : 0;
  },
};

/** At most 25 lines: the facts, then what needs attention and, as far as there is room, what to do. */
export function formatStatus(found: Status): string[] {
  const { laptops, disk, scrub, clock, unregistered, strangers } = found;
  const by = (standing: string) => laptops.filter((one) => one.standing === standing);
  const damaged = by('damaged');
  const [partly, unsure] = [by('partly').length, by('unsure').length];
  const nameless = (some: readonly string[]) => some.map((serial) => ({ serial, nick: '' }));
  const lines = [
    `laptops   ${laptops.length}: ${by('safe').length} safe, ` +
      (partly > 0 ? `${partly} not with everything, ` : '') +
      (unsure > 0 ? `${unsure} last seen on an unknown date, ` : '') +
      `${by('late').length} not seen for ${LATE_DAYS} days, ${by('never').length} never backed up`,
    ...(damaged.length > 0 ? [`NOT SAFE  ${name(damaged)}: the newest backup is damaged`] : []),
    `disk      ${formatBytes(disk.usedBytes)} used, ${formatBytes(disk.freeBytes)} free ` +
      `(${percent(disk.freeBlocks)} of the blocks, ${percent(disk.freeInodes)} of the inodes)`,
    ...found.disks.map(
      ({ name: which, freeBlocks, freeInodes }) =>
        `${which.padEnd(10)}${percent(freeBlocks)} of the blocks, ${percent(freeInodes)} of the inodes are free`,
    ),
    `forecast  ${formatForecast(found)}`,
    `trash     ${counted(found.trash, 'item')} can be restored${formatLeftovers(found)}`,
    `scrub     pass ${scrub.pass}, ${percent(scrub.shard / 256)} read; last complete pass ` +
      `${scrub.lastPassFinished ? localDate(scrub.lastPassFinished) : 'not yet'}`,
    `clock     ${localTime(found.time)}, ${clock.trusted ? 'trusted' : `NOT TRUSTED: ${clock.reason}`}`,
    ...(found.https?.fingerprint
      ? [`https     port ${found.https.port}  ${found.https.fingerprint}`]
      : []),
    ...(unregistered.length > 0 ? [`stored    ${name(nameless(unregistered))}: unregistered`] : []),
    ...(strangers.length > 0 ? [`refused   ${name(strangers)}: unregistered, and asked`] : []),
  ];
  const { attention, advice: worth } = weighed(concerns(found));
  const told = attention.length === 0 ? ['all is well'] : ['needs attention:'];
  told.push(...within(attention, MAX_LINES - lines.length - 1));
  const left = MAX_LINES - lines.length - told.length - 1;
  if (worth.length > 0 && left > 0) told.push('worth doing:', ...within(worth, left));
  return [...lines, ...told];
}

/** These in at most `room` lines, as many as possible with what to do. */
function within(open: readonly Concern[], room: number): string[] {
  const shown = open.slice(0, open.length > room ? room - 1 : room);
  const advised = room - open.length;
  const told = shown.flatMap((one, index) => {
    return [`  ${line(one)}`, ...(index < advised ? [`    ${advice(one)}`] : [])];
  });
  const more = open.length - shown.length;
  return more > 0 ? [...told, `  and ${more} more: see "xs-backup doctor"`] : told;
}

function line(concern: Concern, fit = shortened): string {
  const text = concernText(TERMINAL_WORDS, concern);
  switch (concern.type) {
    case 'faults': {
      const each = concern.faults.map(({ part, reason }) => `${part} (${reason})`).join('; ');
      return fit(`${text}: ${each}`);
    }
    case 'disk-full':
    case 'disk-nearly-full':
      return (
        `${text}: ${percent(concern.freeBlocks)} of the blocks and ` +
        `${percent(concern.freeInodes)} of the inodes are free`
      );
    case 'sandbox':
      return fit(`${text}: ${concern.reason}`);
    case 'not-safe':
    case 'offers':
      return `${text}: ${nameWithThings(concern.laptops)}`;
    default:
      return 'laptops' in concern ? `${text}: ${name(concern.laptops)}` : text;
  }
}

/** Status sends here who wants to read all of it. */
const whole = (text: string): string => text;

/** So many letters of a line may be given up for a whole word at its end; a path is longer. */
const LOOSE_END = 20;

/** Fits a line: cut after a word, where one ends near the limit. */
function shortened(text: string): string {
  if (text.length <= MAX_LINE - 2) return text;
  const cut = text.slice(0, MAX_LINE - 3);
  const end = cut.lastIndexOf(' ');
  return `${cut.slice(0, end > MAX_LINE - LOOSE_END ? end : undefined)} …`;
}

/** What no backup has: a part of a line, for the screen has 25. */
function formatLeftovers({ leftovers }: Status): string {
  if (leftovers.length === 0) return '';
  const bytes = leftovers.reduce((sum, one) => sum + one.bytes, 0);
  return `; unfinished ${formatBytes(bytes)} that no backup has: ${name(leftovers)}`;
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

function advice(concern: Concern): string {
  const see = SEE[concern.type];
  const text = concernAdvice(TERMINAL_WORDS, concern);
  return see === undefined ? text : `${text} See "xs-backup ${see}".`;
}

function formatForecast({ forecast, fullOn }: Status): string {
  const { neededBytes, roomBytes, fits } = forecast;
  const sizes = `${formatBytes(neededBytes)} of ${formatBytes(roomBytes)}`;
  if (!fits) return `one full copy of every laptop does NOT fit (${sizes})`;
  const until = forecast.fullOn ? `, but will not from ${forecast.fullOn} on` : '';
  const full = fullOn ? `; the disk is full about ${fullOn}` : '';
  return `one full copy of every laptop fits (${sizes})${until}${full}`;
}

function name(some: readonly { serial: string; nick: string }[]): string {
  const shown = some.slice(0, NAMED);
  const nicks = shown.map(({ nick }) => nick);
  // Two children may be called Jim.
  const named = shown.map(({ serial, nick }) => {
    if (nick === '') return serial;
    return nicks.indexOf(nick) === nicks.lastIndexOf(nick) ? nick : `${nick} (${serial})`;
  });
  const rest = some.length - named.length;
  return `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** `Jim 2 things, Ana 1 thing` */
function nameWithThings(some: readonly (Named & { count: number })[]): string {
  return name(
    some.map(({ serial, nick, count }) => {
      return { serial, nick: `${nick || serial} ${counted(count, 'thing')}` };
    }),
  );
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

/** What is looked at, in this order, and the concerns that it may raise. */
const CHECKS: readonly (readonly [name: string, types: readonly ConcernType[]])[] = [
  ['the service runs', ['service-down']],
  ['every part of it works', ['faults']],
  ['its ports answer', ['port-closed']],
  ['a laptop can send and fetch', ['sandbox']],
  ['equal content is stored once', ['unlinked']],
  ['the copy elsewhere is made', ['offsite']],
  ['the disk has room', ['disk-full', 'disk-nearly-full', 'disk-filling']],
  ['one copy of every laptop fits', ['disk-too-small']],
  ['the reserve for repairs is there', ['reserve-gone']],
  ['every laptop is within its share', ['over-quota']],
  ['the clock is trusted', ['clock']],
  ['nothing stored is damaged', ['damage', 'damaged-laptops']],
  ['everything was checked lately', ['scrub-behind']],
  ['no laptop says that something is not safe', ['not-safe']],
  ['laptops of the old server and program can connect', ['refused-laptops', 'locked-out-laptops']],
  ['nothing is offered to the class that nobody looked at', ['offers']],
  ['no new laptop may be that of a known child', ['proposals']],
  ['a teacher can sign in', ['no-teacher']],
  ['no laptop asks to be let in', ['waiting-keys']],
  ['every laptop is confirmed', ['unconfirmed']],
  ['every laptop has a name of its own', ['twins']],
  ['no backup is held aside', ['held']],
  ['nobody from another school waits', ['arrivals']],
  ['every laptop has a backup', ['never-backed-up']],
  ['every laptop was seen lately', ['late-laptops']],
];

interface Check {
  what: string;
  /** `none`: there is nothing of the kind here; `open`: not known yet. */
  state: 'ok' | 'todo' | 'FAIL' | Unsettled['state'];
  /** Why it is neither right nor wrong; empty otherwise. */
  why: string;
  problems: { type: ConcernType; text: string; advice: string }[];
}

/** One for each check, in their order. Nothing is `ok` that was not tried, or is not known. */
export function checksOf(found: Status): Check[] {
  const open = concerns(found);
  const { attention } = weighed(open);
  const unknown = unsettled(found);
  return CHECKS.map(([what, types]) => {
    const failed = open.filter(({ type }) => types.includes(type));
    const problems = failed.map((one) => {
      return { type: one.type, text: line(one, whole), advice: advice(one) };
    });
    if (failed.some((one) => attention.includes(one))) {
      return { what, state: 'FAIL', why: '', problems };
    }
    if (failed.length > 0) return { what, state: 'todo', why: '', problems };
    const [doubt] = types.flatMap((type) => unknown[type] ?? []);
    return { what, state: doubt?.state ?? 'ok', why: doubt?.why ?? '', problems };
  });
}

export const doctor: Command = {
  onlyReads: true,
  summary: 'try everything that a working server needs, and say the way out where it fails',
  run: async (context) => {
    const found = await readStatus(context.library, { fresh: true });
    const { attention } = weighed(concerns(found));
    const told = checksOf(found);
    answer(context, { checks: told }, () =>
      told.flatMap(({ what, state, why, problems }) => [
        `${state.padEnd(4)}  ${what}`,
        ...(why === '' ? [] : [`      ${why}`]),
        ...problems.flatMap(({ text, advice }) => [`      ${text}`, `      ${advice}`]),
      ]),
    );
    return attention.length > 0 ? NEEDS_ATTENTION : 0;
  },
};

/** Every kind of concern is told by one of the checks. */
export const CHECKED_TYPES: readonly ConcernType[] = CHECKS.flatMap(([, types]) => types);
