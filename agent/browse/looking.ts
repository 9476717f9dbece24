/**
 * What a child sees when she looks through what the school keeps: lists that are fetched once and paged
 * here, and beside each entry whether it is in her Journal too.
 */
import { existsSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { Digest, SnapshotName, Uid } from '../../shared/ids.ts';
import type { EntryDetails, EntrySummary } from '../../shared/protocol/messages.ts';
import type { Context } from '../context.ts';
import { scanJournal } from '../journal/scan.ts';
import { freeBytes, prepareProfile } from '../profile.ts';
import { planRestore } from '../restore/plan.ts';
import type { Lookaround } from '../school/shared-session.ts';
import { openState } from '../state.ts';
import { type Place, searchEntries } from './browse.ts';

export type Here = 'same' | 'different' | 'absent';
export type Seen<T> = T & { here: Here };

export interface RestorePreview {
  snapshot: SnapshotName;
  /** To bring, and their bytes. */
  entries: number;
  bytes: number;
  /** Here already, as they are there; and here in another version, which stays. */
  here: number;
  beside: number;
  /** On this laptop, in bytes. */
  free: number;
  /** Up to four to bring that have pictures. */
  samples: Uid[];
}

/** Lists kept: a child goes back and forth between two days. */
const MAX_LISTS = 3;
/** What is here is looked at again after this, in milliseconds. */
const LOCAL_MS = 5000;
const SAMPLES = 4;
/** How many of the newest are asked for pictures at most. */
const ASKED_FOR_SAMPLES = 12;

export class Looking {
  readonly #context: Context;
  readonly #lookaround: Lookaround;
  readonly #lists = new Map<string, Promise<EntrySummary[]>>();
  #local: { at: number; versions: Promise<Map<Uid, Digest | undefined>> } | undefined;

  constructor(context: Context, lookaround: Lookaround) {
    this.#context = context;
    this.#lookaround = lookaround;
  }

  /** A page of the entries with `search` in their title, newest first, and how many there are. */
  async entries(place: Place, search: string, offset: number, limit: number) {
    const all = searchEntries(await this.#list(place), search);
    const local = await this.#versionsHere();
    const entries = all.slice(offset, offset + limit).map((one) => withHere(one, local));
    return { total: all.length, entries };
  }

  async details(place: Place, uid: Uid): Promise<Seen<EntryDetails>> {
    const name = await this.nameOf(place);
    const details = await this.#lookaround.ask(({ control }) => {
      return control.details(name, uid, place.of);
    });
    return withHere(details, await this.#versionsHere());
  }

  /** A PNG; empty for an entry without one. */
  async preview(place: Place, uid: Uid): Promise<Buffer> {
    const name = await this.nameOf(place);
    return this.#lookaround.ask(({ control }) => control.preview(name, uid, place.of));
  }

  /** What a complete restore would do. */
  async plan(place: Place): Promise<RestorePreview> {
    const snapshot = await this.nameOf(place);
    const list = await this.#list({ ...place, snapshot });
    this.forgetJournal(); // a child decides by this
    const local = await this.#versionsHere();
    const wanted = new Map(list.map(({ uid, digest }) => [uid, digest]));
    const sizes = new Map(list.map(({ uid, bytes }) => [uid, bytes]));
    const { steps, alreadyHere, bytes } = planRestore({
      wanted,
      local,
      restored: new Map(),
      sizes,
      trustCopies: true,
    });
    const toBring = new Set(steps.map(({ uid }) => uid));
    const newest = searchEntries(list, '').filter(({ uid }) => toBring.has(uid));
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
    const [newest] = await this.#lookaround.ask(({ control }) => control.snapshots(of));
    if (newest) return newest.name;
    throw new DsError('not-found', 'the school server has no snapshot of this laptop');
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
    const list = this.#lookaround.ask(async ({ control }) => {
      const entries: EntrySummary[] = [];
      for await (const page of control.entries(name, place.of)) entries.push(...page);
      return entries;
    });
    const oldest = this.#lists.keys().next().value;
    if (this.#lists.size >= MAX_LISTS && oldest !== undefined) this.#lists.delete(oldest);
    this.#lists.set(key, list);
    list.catch(() => this.#lists.delete(key));
    return list;
  }

  /** The Journal changed: what is here is to be looked at again. */
  forgetJournal(): void {
    this.#local = undefined;
  }

  /** Pins changed: marks in the lists are to be fetched anew. */
  forget(): void {
    this.#lists.clear();
  }

  /**
   * The entries of the Journal as far as they are known without reading them: one that changed since
   * it was last read has no version here.
   */
  #versionsHere(): Promise<Map<Uid, Digest | undefined>> {
    const now = this.#context.clock.monotonicMs();
    if (!this.#local || now - this.#local.at > LOCAL_MS) {
      this.#local = { at: now, versions: readLocal(this.#context) };
    }
    return this.#local.versions;
  }
}

async function readLocal(context: Context): Promise<Map<Uid, Digest | undefined>> {
  const { paths } = context;
  if (!existsSync(paths.journal)) return new Map();
  prepareProfile(context);
  await using state = await openState(paths.state);
  const { unchanged, toRead, problems } = await scanJournal(paths, state.entries, () => 0n);
  const local = new Map<Uid, Digest | undefined>(unchanged);
  for (const { uid } of problems) local.set(uid, undefined);
  for (const { entry } of toRead) {
    const known = state.entries.get(entry.uid);
    // Read so soon after its change that nobody can tell; most likely it is still that.
    local.set(entry.uid, known?.signature === null ? known.digest : undefined);
  }
  return local;
}

function withHere<T extends EntrySummary>(
  entry: T,
  local: ReadonlyMap<Uid, Digest | undefined>,
): Seen<T> {
  const { uid, digest } = entry;
  const here = !local.has(uid) ? 'absent' : local.get(uid) === digest ? 'same' : 'different';
  return { ...entry, here };
}
