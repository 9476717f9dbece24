/**
 * The status of the school in words. Pure: facts in, texts out.
 */
import { size, type Words } from '../../../../shared/words/words.ts';
import { concernAdvice, concernText } from '../../../admin/concern-words.ts';
import { ASKS_TEACHERS, type Concern, concerns, weighed } from '../../../admin/concerns.ts';
import { LATE_DAYS } from '../../../admin/laptop-states.ts';
import type { Status } from '../../../admin/status.ts';
import { PLACES } from '../../frame/teacher-frame.tsx';
import type { Mark } from '../shown/marks.tsx';
import { nameApart } from '../shown/namer.ts';
import { needPath } from './need-page.tsx';

export interface Ask {
  text: string;
  href: string;
  names: string;
  advice: string;
}

export interface StatusView {
  /** Number of laptops by state. */
  counts: { mark: Mark; count: number; text: string }[];
  /** What needs a look; empty when all is well. */
  asks: Ask[];
  /** What is only worth doing. */
  advice: Ask[];
  /** Said when nothing needs a look; null while there is no laptop. */
  calm: { text: string; href: string | null } | null;
  facts: { name: string; text: string }[];
}

/** Names shown in one line; the rest is counted. */
const NAMED = 8;

export function statusView(words: Words, status: Status): StatusView {
  const { attention, advice } = weighed(concerns(status));
  const asks = (open: readonly Concern[]) => asksOf(words, open, new Set(status.namesakes));
  const isForHer = ({ type }: Concern) => ASKS_TEACHERS.includes(type);
  return {
    counts: countsOf(words, status),
    asks: asks([...attention, ...advice.filter(isForHer)]),
    advice: asks(advice.filter((one) => !isForHer(one))),
    calm: calmOf(words, status),
    facts: factsOf(words, status),
  };
}

function countsOf({ _n }: Words, { laptops }: Status): StatusView['counts'] {
  const count = (mark: Mark) => laptops.filter(({ states }) => states.includes(mark)).length;
  const [safe, late, never] = [count('safe'), count('late'), count('never')];
  const damaged = count('damaged');
  const [partly, unsure] = [count('partly'), count('unsure')];
  const partlyText = _n(
    '{n} laptop has things that are not safe',
    '{n} laptops have things that are not safe',
    partly,
  );
  const lateText = _n(
    '{n} laptop not seen for more than {days} days',
    '{n} laptops not seen for more than {days} days',
    late,
    { days: LATE_DAYS },
  );
  const damagedText = _n(
    '{n} laptop whose newest backup is damaged',
    '{n} laptops whose newest backups are damaged',
    damaged,
  );
  const unsureText = _n(
    '{n} laptop last seen on an unknown date',
    '{n} laptops last seen on an unknown date',
    unsure,
  );
  return [
    { mark: 'safe', count: safe, text: _n('{n} laptop safe', '{n} laptops safe', safe) },
    ...(unsure > 0 ? [{ mark: 'unsure', count: unsure, text: unsureText } as const] : []),
    { mark: 'late', count: late, text: lateText },
    ...(partly > 0 ? [{ mark: 'partly', count: partly, text: partlyText } as const] : []),
    ...(damaged > 0 ? [{ mark: 'damaged', count: damaged, text: damagedText } as const] : []),
    {
      ...{ mark: 'never', count: never },
      text: _n('{n} laptop never backed up', '{n} laptops never backed up', never),
    },
  ];
}

/** A laptop without a backup is not safe, so a school with one is not well. */
function calmOf({ _, _n }: Words, { laptops }: Status): StatusView['calm'] {
  if (laptops.length === 0) return null;
  const never = laptops.filter(({ states }) => states.includes('never')).length;
  if (never === 0) return { text: _('Nothing. All is well.'), href: null };
  const text = _n(
    '{n} laptop has no backup yet. Has it been used at school?',
    '{n} laptops have no backup yet. Have they been used at school?',
    never,
  );
  return { text, href: `${PLACES.class}?only=never` };
}

function asksOf(words: Words, open: readonly Concern[], namesakes: ReadonlySet<string>): Ask[] {
  return open.map((concern) => {
    const names = namesIn(words, concern, namesakes);
    const text = concernText(words, concern);
    return { text, href: placeOf(concern), names, advice: concernAdvice(words, concern) };
  });
}

/** Two children may be called Jim: then the serial number stands behind the name. */
function namesIn(words: Words, concern: Concern, namesakes: ReadonlySet<string>): string {
  if (!('laptops' in concern)) return '';
  const named = concern.laptops.map((one) => {
    const name = nameApart(one, namesakes);
    return 'count' in one ? `${name}: ${words.number(one.count)}` : name;
  });
  return nameSome(words, named);
}

/** The page on which a teacher deals with it, or which says more of it. */
function placeOf({ type }: Concern): string {
  switch (type) {
    case 'waiting-keys':
      return `${PLACES.waiting}?only=keys`;
    case 'arrivals':
      return `${PLACES.waiting}?only=arrivals`;
    case 'proposals':
      return `${PLACES.waiting}?only=proposals`;
    case 'offers':
      return PLACES.offers;
    case 'held':
      return PLACES.held;
    case 'not-safe':
      return `${PLACES.class}?only=partly`;
    case 'late-laptops':
      return `${PLACES.class}?only=late`;
    case 'unconfirmed':
      return `${PLACES.class}?only=unconfirmed`;
    case 'clock':
    case 'damage':
    case 'disk-full':
    case 'disk-nearly-full':
    case 'disk-filling':
    case 'disk-too-small':
    case 'scrub-behind':
      return PLACES.disk;
    case 'damaged-laptops':
    case 'twins':
    case 'refused-laptops':
    case 'locked-out-laptops':
    case 'over-quota':
    case 'never-backed-up':
    case 'service-down':
    case 'port-closed':
    case 'sandbox':
    case 'faults':
    case 'unlinked':
    case 'offsite':
    case 'reserve-gone':
    case 'no-teacher':
    case 'teachers-of-copy':
      return needPath(type);
    default:
      return type satisfies never;
  }
}

function factsOf(words: Words, { disk, forecast, trash, scrub, damaged, clock, time }: Status) {
  const { _, _n } = words;
  const percent = (share: number) => words.number(Math.floor(share * 100));
  const day = (iso: string) => words.date(Math.floor(Date.parse(iso) / 1000));
  const lastPass = scrub.lastPassFinished;
  const now = Math.floor(Date.parse(time) / 1000);
  return [
    {
      name: _('Disk'),
      text: _('{used} used, {free} free ({blocks} % of the blocks, {inodes} % of the inodes)', {
        ...{ used: size(words, disk.usedBytes), free: size(words, disk.freeBytes) },
        ...{ blocks: percent(disk.freeBlocks), inodes: percent(disk.freeInodes) },
      }),
    },
    { name: _('Forecast'), text: forecastText(words, forecast) },
    {
      name: _('Trash'),
      text: _n('{n} thing can be brought back', '{n} things can be brought back', trash),
    },
    {
      name: _('Checks'),
      text: [
        _('{percent} % of everything read in this round', { percent: percent(scrub.shard / 256) }),
        lastPass ? _('last whole round: {date}', { date: day(lastPass) }) : _('no whole round yet'),
        damaged > 0
          ? _n('{n} damaged file', '{n} damaged files', damaged)
          : lastPass
            ? _('no damage')
            : _('no damage found so far'),
      ].join(' · '),
    },
    {
      name: _('Clock'),
      text: clock.trusted ? `${words.date(now)}, ${words.clock(now)}` : _('Not trusted'),
    },
  ];
}

/** Whether one full copy of every laptop fits, and for how long. */
export function forecastText(words: Words, forecast: Status['forecast']): string {
  const { _ } = words;
  const { neededBytes, roomBytes, fits, fullOn } = forecast;
  const sizes = { needed: size(words, neededBytes), room: size(words, roomBytes) };
  if (!fits) return _('One full copy of every laptop does not fit: {needed} of {room}', sizes);
  if (fullOn === null) return _('One full copy of every laptop fits: {needed} of {room}', sizes);
  const date = words.date(Math.floor(Date.parse(fullOn) / 1000));
  return _('One full copy of every laptop fits: {needed} of {room}. It will not from {date} on', {
    ...sizes,
    date,
  });
}

function nameSome({ _n }: Words, some: readonly string[]): string {
  const names = some.slice(0, NAMED);
  const rest = some.length - names.length;
  return [...names, ...(rest > 0 ? [_n('and {n} more', 'and {n} more', rest)] : [])].join(', ');
}
