/**
 * Reads what waits for a teacher's word: laptops with new keys, children from another school, new laptops
 * that may belong to a known child. One list in pages, in this order.
 */
import type { Serial } from '../../../../shared/ids.ts';
import { laptopRows } from '../../../admin/laptop-list.ts';
import { proposalsOf } from '../../../commands/aliases.ts';
import type { Library } from '../../../library.ts';
import { listArrivals } from '../../../transfer/arrivals.ts';
import { secondsOf } from '../../frame/day-name.ts';
import { paginate, wordMatcher } from '../../frame/paging.ts';
import { listSugarOnly, sugarSum } from '../acts/many.ts';
import { LAPTOPS_PER_PAGE, readClassSearch } from './class-search.ts';
import {
  ASKED,
  type ShownProposal,
  type WaitingItem,
  type WaitingProps,
  waitingView,
} from './waiting-page.tsx';

type Read = Pick<WaitingProps, 'only' | 'typed' | 'counts' | 'found' | 'sugar'>;

/** `query` is that of the page: words, page, and what is asked about. */
export async function readWaiting(
  library: Library,
  query: Readonly<Record<string, unknown>>,
): Promise<Read> {
  const { words, page } = readClassSearch(query);
  const only = ASKED.find((one) => one === query.only) ?? null;
  const items = await allWaiting(library);
  const matches = wordMatcher(words);
  const shown = items.filter(
    ({ about, one }) => (only === null || about === only) && matches(textOf(one)),
  );
  const count = (about: WaitingItem['about']) => items.filter((one) => one.about === about).length;
  const sugarOnly = listSugarOnly(library);
  return {
    ...{ only, typed: words, found: paginate(shown, page, LAPTOPS_PER_PAGE) },
    counts: {
      ...{ keys: count('keys'), arrivals: count('arrivals') },
      proposals: count('proposals'),
    },
    sugar: { laptops: sugarOnly.length, sum: sugarSum(sugarOnly) },
  };
}

async function allWaiting(library: Library): Promise<WaitingItem[]> {
  const { registrations, paths } = library;
  const asking = registrations.all().filter(([, { pending }]) => pending.length > 0);
  const keys = waitingView(await laptopRows(library, asking));
  return [
    ...keys.map((one) => ({ about: 'keys', one }) as const),
    ...listArrivals(paths).map((one) => ({ about: 'arrivals', one }) as const),
    ...(await shownProposals(library)).map((one) => ({ about: 'proposals', one }) as const),
  ];
}

async function shownProposals(library: Library): Promise<ShownProposal[]> {
  const colorsOf = (serial: Serial) => library.registrations.get(serial)?.colors ?? null;
  return (await proposalsOf(library)).map((one) => ({
    ...{ newer: one.newer, older: one.older, nick: one.nick },
    ...{ newerColors: colorsOf(one.newer), olderColors: colorsOf(one.older) },
    ...{ registered: secondsOf(one.registered), lastSeen: secondsOf(one.lastSeen) },
    olderRegistered: secondsOf(one.olderRegistered),
  }));
}

/** What words find it by. */
function textOf(one: WaitingItem['one']): string {
  if ('newer' in one) return `${one.nick} ${one.newer} ${one.older}`;
  return `${'name' in one ? one.name : one.nick} ${one.serial}`;
}
