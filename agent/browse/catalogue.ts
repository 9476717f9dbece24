/**
 * What the school keeps of this laptop, or of one that it replaced: snapshots, their entries, and for
 * each entry whether this version is in the Journal too. Lists are fetched once and paged here.
 */
import { existsSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { Digest, Serial, SnapshotName, Uid } from '../../shared/ids.ts';
import type {
  EntryDetails,
  EntrySummary,
  SnapshotSummary,
} from '../../shared/protocol/messages.ts';
import type { Context } from '../context.ts';
import { keptVersions } from '../journal/kept-marks.ts';
import { concernedBy } from '../journal/problem.ts';
import { problemsIn, scanJournal } from '../journal/scan.ts';
import { freeBytes } from '../profile.ts';
import { planRestore } from '../restore/plan.ts';
import type { Session } from '../school/session.ts';
import type { SharedSession } from '../school/shared-session.ts';
import { openState } from '../state.ts';
import { openWorkplace } from '../workplace.ts';

/** Which snapshot, and whose: undefined for the newest, and for this laptop. */
export interface Place {
  of: Serial | undefined;
  snapshot: SnapshotName | undefined;
}

/**
 * What of an entry is in the Journal: this very version, the same without its content, which is only at
 * school, another version, or nothing.
 */
export type Here = 'same' | 'kept' | 'different' | 'absent';
export type WithHere<T> = T & { here: Here };

/** The Journal's versions, undefined where that is not known; those whose content is only at school. */
export interface LocalVersions {
  local: ReadonlyMap<Uid, Digest | undefined>;
  kept: ReadonlyMap<Uid, Digest>;
}

export interface EntryList {
  snapshot: SnapshotName;
  entries: EntrySummary[];
}

/** What a complete restore would do. */
export interface RestorePreview {
  snapshot: SnapshotName;
  /** To fetch, and their bytes. */
  entries: number;
  bytes: number;
  /** In the Journal as they are in the snapshot; and in another version, which stays. */
  here: number;
  beside: number;
  /** On this laptop, in bytes. */
  free: number;
  /** Up to four of the entries to fetch that have pictures. */
  samples: Uid[];
}

/** Lists in memory: a child goes back and forth between two days. */
const MAX_LISTS = 3;
/** The Journal is scanned again when the last scan is older than this, in milliseconds. */
const SCAN_AGAIN_MS = 5000;
const SAMPLES = 4;
/** At most so many of the newest entries are asked for pictures. */
const ASKED_FOR_SAMPLES = 12;

export class Catalogue {
  readonly #context: Context;
  readonly #session: SharedSession;
  readonly #lists = new Map<string, Promise<EntrySummary[]>>();
  #local: { atMs: number; found: Promise<LocalVersions> } | undefined;

  constructor(context: Context, session: SharedSession) {
    this.#context = context;
    this.#session = session;
  }

  /** Newest first. */
  snapshots(of: Serial | undefined): Promise<SnapshotSummary[]> {
    return this.#session.ask(({ control }) => control.snapshots(of));
  }

  /** All entries with `search` in their title, newest first. */
  async list(place: Place, search: string): Promise<EntryList> {
    const snapshot = await this.nameOf(place);
    return { snapshot, entries: searchEntries(await this.#list({ ...place, snapshot }), search) };
  }

  /** A page of the entries with `search` in their title, newest first, and how many there are. */
  async entries(place: Place, search: string, offset: number, limit: number) {
    const { entries: all } = await this.list(place, search);
    const local = await this.#localVersions();
    const entries = all.slice(offset, offset + limit).map((one) => withHere(one, local));
    return { total: all.length, entries };
  }

  async details(place: Place, uid: Uid): Promise<WithHere<EntryDetails>> {
    const name = await this.nameOf(place);
    const details = await this.#session.ask(({ control }) => control.details(name, uid, place.of));
    return withHere(details, await this.#localVersions());
  }

  /** A PNG; empty for an entry without one. */
  async preview(place: Place, uid: Uid): Promise<Buffer> {
    const name = await this.nameOf(place);
    return this.#session.ask(({ control }) => control.preview(name, uid, place.of));
  }

  async plan(place: Place): Promise<RestorePreview> {
    const snapshot = await this.nameOf(place);
    const list = await this.#list({ ...place, snapshot });
    this.forgetJournal(); // a child decides by this
    const { steps, alreadyHere, bytes } = planRestore({
      wanted: new Map(list.map(({ uid, digest }) => [uid, digest])),
      ...(await this.#localVersions()),
      restored: new Map(),
      sizes: new Map(list.map((entry) => [entry.uid, entry.bytes])),
      trustCopies: true,
    });
    const toFetch = new Set(steps.map(({ uid }) => uid));
    const newest = searchEntries(list, '').filter(({ uid }) => toFetch.has(uid));
    return {
      snapshot,
      entries: steps.length,
      bytes,
      here: alreadyHere.length,
      beside: steps.filter(({ action }) => action === 'compare').length,
      free: freeBytes(this.#context.paths.profile),
      samples: await this.#withPictures({ ...place, snapshot }, newest),
    };
  }

  /** The snapshot's name, the newest one's if none is given. Throws `not-found` without any. */
  async nameOf({ of, snapshot }: Place): Promise<SnapshotName> {
    if (snapshot) return snapshot;
    const [newest] = await this.snapshots(of);
    if (newest) return newest.name;
    throw new DsError('not-found', 'the school server has no snapshot of this laptop');
  }

  /** The Journal changed: scan it again. */
  forgetJournal(): void {
    this.#local = undefined;
  }

  /** Pins changed: the lists show them, and are fetched again. */
  forgetLists(): void {
    this.#lists.clear();
  }

  async #withPictures(place: Place, entries: readonly EntrySummary[]): Promise<Uid[]> {
    const found: Uid[] = [];
    for (const { uid } of entries.slice(0, ASKED_FOR_SAMPLES)) {
      if ((await this.preview(place, uid)).length > 0) found.push(uid);
      if (found.length === SAMPLES) break;
    }
    return found;
  }

  async #list(place: Place): Promise<EntrySummary[]> {
    const name = await this.nameOf(place);
    const key = `${place.of ?? ''} ${name}`;
    const known = this.#lists.get(key);
    if (known) return known;
    const list = this.#session.ask(({ control }) => fetchEntries(control, name, place.of));
    const oldest = this.#lists.keys().next().value;
    if (this.#lists.size >= MAX_LISTS && oldest !== undefined) this.#lists.delete(oldest);
    this.#lists.set(key, list);
    list.catch(() => this.#lists.delete(key)); // whoever asked is told
    return list;
  }

  /** The Journal's versions, from a scan that is at most `SCAN_AGAIN_MS` old. */
  #localVersions(): Promise<LocalVersions> {
    const now = this.#context.clock.monotonicMs();
    if (!this.#local || now - this.#local.atMs > SCAN_AGAIN_MS) {
      this.#local = { atMs: now, found: scanVersions(this.#context) };
    }
    return this.#local.found;
  }
}

/** Without case and accents: a child's keyboard may lack them, and so may her title. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}

/** Those with `search` in their title, ignoring case and accents; newest first. */
export function searchEntries(entries: readonly EntrySummary[], search: string): EntrySummary[] {
  const wanted = folded(search);
  return entries
    .filter(({ title }) => (title ? folded(title).includes(wanted) : undefined) ?? !search)
    .sort((a, b) => (b.timestamp ?? 0) - (a.timestamp ?? 0));
}

async function fetchEntries(
  control: Session['control'],
  name: SnapshotName,
  of: Serial | undefined,
) {
  const entries: EntrySummary[] = [];
  for await (const page of control.entries(name, of)) entries.push(...page);
  return entries;
}

/**
 * The Journal's versions as far as they are known without reading: an entry that changed since it was
 * last read has the version undefined.
 */
async function scanVersions(context: Context): Promise<LocalVersions> {
  if (!existsSync(context.paths.journal)) return { local: new Map(), kept: new Map() };
  using workplace = openWorkplace(context);
  const { paths } = workplace.context;
  await using state = await openState(paths.state);
  const scan = await scanJournal(paths, state.entries, () => 0n);
  const local = new Map<Uid, Digest | undefined>(scan.unchanged);
  for (const problem of problemsIn(scan, state.entries.keys())) {
    for (const uid of concernedBy(problem, state.entries.keys())) local.set(uid, undefined);
  }
  for (const { entry } of scan.toRead) {
    const known = state.entries.get(entry.uid);
    // Read so soon after its change that its signature proves nothing; most likely it is still that.
    local.set(entry.uid, known?.signature === null ? known.digest : undefined);
  }
  return { local, kept: keptVersions(paths) };
}

function withHere<T extends EntrySummary>(entry: T, versions: LocalVersions): WithHere<T> {
  return { ...entry, here: whereIs(entry, versions) };
}

/** How a version at school compares with the Journal. */
function whereIs(
  { uid, digest }: Pick<EntrySummary, 'uid' | 'digest'>,
  { local, kept }: LocalVersions,
): Here {
  if (!local.has(uid)) return 'absent';
  const isSame = local.get(uid) === digest;
  if (kept.get(uid) === digest || (isSame && kept.has(uid))) return 'kept';
  return isSame ? 'same' : 'different';
}
