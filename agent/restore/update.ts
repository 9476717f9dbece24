/**
 * Puts one fetched entry back: decides under which name, by what is in the Journal at that moment,
 * and hands it to the running datastore. Nothing that is there is ever overwritten (A9).
 */
import { existsSync, lstatSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { SnapshotName, Uid } from '../../shared/ids.ts';
import type { Entry } from '../../shared/journal/entry.ts';
import type { TreeEntry } from '../../shared/journal/journal-tree.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { namesIn } from '../../shared/system/files.ts';
import type { Context } from '../context.ts';
import type { Datastore } from '../journal/datastore.ts';
import {
  datedEntry,
  isSameButForTime,
  isTornCopy,
  type Prepared,
  prepareEntry,
  timedEntry,
} from '../journal/prepared-entry.ts';
import { type Problem, problemOf } from '../journal/problem.ts';
import { putEntry } from '../journal/put-entry.ts';
import { readVersion } from '../journal/read-entry.ts';
import { inEntry, inJournal } from '../paths.ts';
import type { Fetched } from './fetch.ts';
import { besideUid } from './plan.ts';

/** What became of the entries. */
export interface Counts {
  /** Came back under their own names; read again and compared. */
  restored: number;
  /** Came as a dated entry beside a different one; read again and compared. */
  beside: number;
  alreadyHere: number;
  receivedBytes: number;
  /** Did not come back, and why. */
  problems: Problem[];
  /** Came back with something that Sugar's datastore could not have kept. */
  repaired: Problem[];
}

/** Where an entry goes. */
export interface Target {
  kind: 'restored' | 'beside';
  uid: Uid;
  prepared: Prepared;
  /** What a killed restore left of the very entry is there, and is completed. */
  torn: boolean;
}

/** What is under a name: nothing, what a cut-off restore left of this very version, it, another. */
type Place = 'own' | 'torn' | 'here' | 'other' | 'unreadable';

export class Applier {
  readonly counts: Counts = {
    restored: 0,
    beside: 0,
    alreadyHere: 0,
    receivedBytes: 0,
    problems: [],
    repaired: [],
  };
  readonly #context: Context;
  readonly #datastore: Datastore;
  readonly #toTop: boolean;

  /** `toTop`: what comes counts as worked on now, so that it stands at the top of the Journal. */
  constructor(context: Context, datastore: Datastore, { toTop }: { toTop: boolean }) {
    this.#context = context;
    this.#datastore = datastore;
    this.#toTop = toTop;
  }

  /** Through the datastore. What only concerns this entry is noted (false), and others go on. */
  async update(snapshot: SnapshotName, fetched: Fetched): Promise<boolean> {
    return this.guard(fetched, async () => {
      const target = await this.target(snapshot, fetched);
      if (!target) {
        this.counts.alreadyHere += 1;
        return;
      }
      await this.#put(target, fetched.file);
      this.count(target);
    });
  }

  /** Runs a step for one entry; notes what only concerns this one. True when it went well. */
  async guard({ step }: Fetched, act: () => void | Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      const code = error instanceof DsError ? error.code : 'internal';
      if (!['datastore', 'damaged', 'bad-input', 'unreadable'].includes(code)) throw error;
      this.counts.problems.push({ uid: step.uid, problem: (error as DsError).message });
      return false;
    }
  }

  /** Looks at the Journal as it is now; undefined when this very version is there. */
  async target(snapshot: SnapshotName, { step, entry }: Fetched): Promise<Target | undefined> {
    const { uid, digest } = step;
    const seconds = Math.floor(this.#context.clock.now().getTime() / 1000);
    const prepare = (one: Entry, name: Uid) =>
      prepareEntry(this.#toTop ? timedEntry(one, seconds) : one, name, seconds);
    const own = prepare(entry, uid);
    const place = await this.#placeOf(uid, own);
    if (place === 'here') return undefined;
    if (place === 'own' || place === 'torn')
      return { kind: 'restored', uid, prepared: own, torn: place === 'torn' };
    const dated = datedEntry(entry, snapshot.slice('datastore-'.length, 20));
    const name = besideUid(uid, digest);
    const prepared = prepare(dated, name);
    const copy = await this.#placeOf(name, prepared);
    // What the child has made of an earlier copy is hers, and the version is here in it.
    if (copy === 'here' || copy === 'other') return undefined;
    if (copy === 'unreadable') throw unreadableCopy(uid, name);
    return { kind: 'beside', uid: name, prepared, torn: copy === 'torn' };
  }

  /** It is in the Journal, read again and compared. */
  count({ kind, uid, prepared }: Target): void {
    this.counts[kind] += 1;
    for (const problem of prepared.repairs) this.counts.repaired.push({ uid, problem });
  }

  async #placeOf(uid: Uid, own: Prepared): Promise<Place> {
    const local = inJournal(this.#context.paths, uid);
    if (!existsSync(local.path)) return 'own';
    try {
      const { entry } = await readVersion(local, this.#context.signal);
      if (isSameButForTime(entry, own.expected)) return 'here';
      return isTornCopy(entry, own.expected) ? 'torn' : 'other';
    } catch (error) {
      if (!problemOf(local, error)) return 'own';
      return isHollow(local) ? 'torn' : 'unreadable';
    }
  }

  async #put({ uid, prepared }: Target, file: string): Promise<void> {
    failpoint('restore.applying');
    await putEntry(this.#context, this.#datastore, uid, prepared, file);
    failpoint('restore.applied');
  }
}

/** True for a folder that a power cut left of an entry: nothing in it can be anybody's work. */
function isHollow(local: TreeEntry): boolean {
  const { content, metadata } = inEntry(local);
  const size = lstatSync(content, { throwIfNoEntry: false })?.size ?? 0;
  return size === 0 && namesIn(metadata).length === 0;
}

function unreadableCopy(uid: Uid, copy: Uid): DsError {
  return new DsError(
    'unreadable',
    `the copy of ${uid} that came earlier (${copy}) cannot be read`,
    {
      hint: 'move its folder out of the Journal, then try again',
    },
  );
}
