/**
 * Reads the backups that are held aside, by laptop: of all of them why, and of those that are shown what is in them.
 */

import { laptopRows } from '../../../admin/laptop-list.ts';
import { listEntries } from '../../../api/read-entries.ts';
import { readHeldNote } from '../../../ingest/shrink-guard.ts';
import type { Library } from '../../../library.ts';
import {
  hasSums,
  newestSnapshot,
  readVersions,
  type Snapshot,
} from '../../../storage/snapshots.ts';
import { paginate, wordMatcher } from '../../frame/paging.ts';
import { type Holding, heldSum, listHolding } from '../acts/many.ts';
import { cardOf } from '../shown/laptop-card.ts';
import { type ClassSearch, LAPTOPS_PER_PAGE } from './class-search.ts';
import type { HeldLaptop, HeldProps } from './held-page.tsx';

/** More laptops on a page are not looked into: for its titles a whole Journal is read. */
const LOOKED_INTO = 3;
/** Of each laptop. */
const TITLES = 20;

/** One page of them, those with the same reason together; and each reason with what its group is. */
export async function heldLaptops(
  library: Library,
  { words, page }: Pick<ClassSearch, 'words' | 'page'>,
): Promise<Pick<HeldProps, 'found' | 'groups'>> {
  const nameOf = ({ serial }: Holding) => library.registrations.nameOf(serial);
  const all = listHolding(library).sort(
    (a, b) => a.reason.localeCompare(b.reason) || nameOf(a).localeCompare(nameOf(b)),
  );
  const matches = wordMatcher(words);
  const found = paginate(
    all.filter((one) => matches(`${nameOf(one)} ${one.serial}`)),
    page,
    LAPTOPS_PER_PAGE,
  );
  const reasons = [...new Set(all.map(({ reason }) => reason))];
  const groups = reasons.map((reason) => ({
    ...{ reason, sum: heldSum(all, reason) },
    laptops: all.filter((one) => one.reason === reason).length,
  }));
  return { found: { ...found, shown: await shownOf(library, found.shown) }, groups };
}

async function shownOf(library: Library, holding: readonly Holding[]): Promise<HeldLaptop[]> {
  const { paths, registrations } = library;
  const known = holding.flatMap(({ serial }) => {
    const laptop = registrations.get(serial);
    return laptop ? [[serial, laptop] as const] : [];
  });
  const rows = new Map((await laptopRows(library, known)).map((row) => [row.serial, row]));
  const laptops: HeldLaptop[] = [];
  for (const { serial, held, reason } of holding) {
    const row = rows.get(serial);
    if (!row) continue;
    laptops.push({
      card: cardOf(row),
      reason,
      before: newestSnapshot(paths, serial)?.entries ?? null,
      titles: holding.length > LOOKED_INTO ? null : await titlesIn(library, held[0]),
      held: held.map(({ name, created, entries, bytes, folder }) => ({
        ...{ name, entries, bytes, reason: readHeldNote(folder).reason },
        created: Math.floor(Date.parse(created) / 1000),
      })),
    });
  }
  return laptops;
}

/** What changed last first; none of a snapshot whose list is damaged. */
async function titlesIn(library: Library, snapshot: Snapshot | undefined): Promise<string[]> {
  if (!snapshot || !hasSums(snapshot)) return [];
  const entries = await listEntries(library, snapshot.folder, [...readVersions(snapshot)]);
  return entries
    .flatMap(({ facts }) => facts ?? [])
    .sort((a, b) => b.changed - a.changed)
    .slice(0, TITLES)
    .map(({ title }) => title);
}
