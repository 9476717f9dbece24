/**
 * `status`: the school on one screen, at most 25 lines however many laptops there are; `doctor`: each thing
 * that a working server needs, tried now.
 */
import { type Concern, type ConcernType, concerns, weighed } from '../admin/concerns.ts';
import type { Outside } from '../admin/outside.ts';
import { readStatus, type Status } from '../admin/status.ts';
import { type Unsettled, unsettled } from '../admin/unsettled.ts';
import { waysOut } from '../admin/ways-out.ts';
import { answer, type Command, NEEDS_ATTENTION } from './command.ts';
import { advice, callerOf, diskLine, formatStatus, indented, line } from './status-lines.ts';

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
  ['a teacher can sign in', ['no-teacher', 'teachers-of-copy']],
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
  const called = callerOf(found);
  return CHECKS.map(([what, types]) => {
    const failed = open.filter(({ type }) => types.includes(type));
    const problems = failed.map((one) => {
      // Status sends here who wants to read all of it: nothing is cut, and no way out leads back.
      const ways = waysOut(one);
      const todo = ways.length > 0 ? ways.join('; ') : advice(one);
      return { type: one.type, text: line(one, called), advice: todo };
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
    answer(context, { checks: told }, () => formatChecks(told));
    return attention.length > 0 ? NEEDS_ATTENTION : 0;
  },
};

/** A line for each check, and below it what is wrong and the way out. */
export function formatChecks(checks: readonly Check[]): string[] {
  return checks.flatMap(({ what, state, why, problems }) => [
    `${state.padEnd(4)}  ${what}`,
    ...(why === '' ? [] : indented(why, 6)),
    ...problems.flatMap(({ text, advice: todo }) => [...indented(text, 6), ...indented(todo, 6)]),
  ]);
}

const SILENT = 'the service is running, but does not answer';
const RESTART = 'Start it again: "systemctl restart xs-backup"; nothing is lost by that.';
const NOT_ASKED = 'not asked: the service does not answer';

/** Of a service that hangs: the checks that need none are made, and the others are said to be open. */
function checksFromOutside({ closedPorts, diskFull, disk }: Outside): Check[] {
  const problem = (type: ConcernType, text: string, todo: string): Partial<Check> => ({
    ...{ state: 'FAIL', why: '', problems: [{ type, text, advice: todo }] },
  });
  const ports: Concern = { type: 'port-closed', ports: closedPorts };
  const nobody = callerOf({ namesakes: [] });
  const known: Partial<Record<ConcernType, Partial<Check>>> = {
    'service-down': problem('service-down', SILENT, RESTART),
    'port-closed':
      closedPorts.length === 0
        ? { state: 'ok', why: '' }
        : problem('port-closed', line(ports, nobody), RESTART),
    ...(disk && {
      'disk-full': diskFull
        ? problem('disk-full', diskLine(disk), 'Make room: move other files off this disk.')
        : { state: 'ok', why: '' },
    }),
  };
  return CHECKS.map(([what, types]) => {
    const [found] = types.flatMap((type) => known[type] ?? []);
    return { what, state: 'open', why: NOT_ASKED, problems: [], ...found };
  });
}

/** `status` and `doctor` without the service that hangs. */
export const FROM_OUTSIDE: Readonly<Record<string, (seen: Outside) => readonly string[]>> = {
  status: (seen) => [
    `${SILENT}: this is what can be seen from outside`,
    ...(seen.disk ? [diskLine(seen.disk)] : []),
    'needs attention:',
    ...checksFromOutside(seen).flatMap(({ problems }) =>
      problems.flatMap(({ text, advice: todo }) => [...indented(text, 2), ...indented(todo, 4)]),
    ),
  ],
  doctor: (seen) => formatChecks(checksFromOutside(seen)),
};

/** Every kind of concern is told by one of the checks. */
export const CHECKED_TYPES: readonly ConcernType[] = CHECKS.flatMap(([, types]) => types);
