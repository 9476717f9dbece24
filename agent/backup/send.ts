/**
 * Reads what changed in the Journal and sends it to `incoming/`; the next batch is staged while others
 * are on their way.
 */
import { rmSync } from 'node:fs';
import type { Digest, Uid } from '../../shared/ids.ts';
import type { TreeEntry } from '../../shared/journal/journal-tree.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { forEachConcurrently } from '../concurrently.ts';
import type { Context } from '../context.ts';
import { concernedBy, type Problem } from '../journal/problem.ts';
import { fileSystemMoment, problemsIn, type Scan } from '../journal/scan.ts';
import { inJournal } from '../paths.ts';
import type { Meter } from '../progress.ts';
import type { Session } from '../school/session.ts';
import type { KnownEntry, State } from '../state.ts';
import { sendFolder } from '../wire/rsync.ts';
import { orWarn } from '../workplace.ts';
import type { PendingWrites } from './pending-writes.ts';
import { type Batch, type Need, stageBatches } from './stage.ts';

/** What the Journal is like now, as far as it could be read. */
export interface Reading {
  versions: Map<Uid, Digest>;
  problems: Problem[];
}

/** What the server turned out not to have, in this run. */
export interface Gaps {
  /** Entries to send whole. */
  readonly missing: Set<Uid>;
  /** Those of them that the server had once: they are damaged there. */
  readonly lost: Set<Uid>;
}

/** One rsync waits for the line and the server's disk most of the time: two fill the gaps. */
const BATCHES_AT_ONCE = 2;

export interface SenderOptions {
  context: Context;
  state: State;
  meter: Meter;
  writes: PendingWrites;
  gaps: Gaps;
}

export class Sender {
  readonly #options: SenderOptions;
  /** What went over the wire for the entries so far. */
  sentBytes = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  async send(session: Session, scan: Scan): Promise<Reading> {
    const { state, meter, writes } = this.#options;
    const read = new Map<Uid, KnownEntry>();
    const toRead = [...scan.toRead.map(({ entry }) => entry), ...this.#unsent(scan)];
    const again = new Set<string>(toRead.map(({ uid }) => uid));
    // What is odd about an entry that did not change is still so.
    const problems = state.problems.filter(({ uid, partial }) => {
      const isAsItWas = scan.unchanged.has(uid as Uid) && !scan.reread.has(uid as Uid);
      return partial && !again.has(uid) && isAsItWas;
    });
    problems.push(...problemsIn(scan, state.confirmed?.versions.keys() ?? []));
    meter.phase('sending');
    meter.expect(toRead.length, estimatedBytes(scan));
    const batches = this.#stage(toRead, scan, read, problems);
    await forEachConcurrently(batches, BATCHES_AT_ONCE, (batch) => this.#sendBatch(session, batch));
    const versions = new Map(scan.unchanged);
    for (const { uid } of toRead) versions.delete(uid);
    for (const [uid, { digest }] of read) versions.set(uid, digest);
    this.#keepUnreadable(versions, problems);
    const gone = [...state.entries.keys()].filter((uid) => !versions.has(uid));
    writes.add(state.rememberEntries(read, gone));
    writes.add(state.rememberProblems(problems));
    return { versions, problems };
  }

  #stage(
    toRead: readonly TreeEntry[],
    scan: Scan,
    read: Map<Uid, KnownEntry>,
    problems: Problem[],
  ): AsyncGenerator<Batch> {
    const { context, meter } = this.#options;
    const { config, paths, clock, signal, freshness } = context;
    const { problems: before } = this.#options.state;
    const odd = new Set<string>(before.flatMap(({ uid, partial }) => (partial ? [uid] : [])));
    return stageBatches(toRead, {
      folder: paths.staging,
      batch: config.batch,
      moment: scan.moment || (toRead.length > 0 ? fileSystemMoment(paths.own) : 0n),
      clock,
      signal,
      ...(freshness && { freshness }),
      need: (uid, digest, content) => {
        const need = this.#need(uid, digest, content);
        if (need === 'nothing') meter.skip();
        return need;
      },
      base: (uid) => {
        const { confirmed, baseContents } = this.#options.state;
        const isThere = confirmed?.versions.has(uid) && !this.#options.gaps.lost.has(uid);
        return isThere ? { content: baseContents.get(uid), isOdd: odd.has(uid) } : undefined;
      },
      onRead: (uid, known, title) => {
        read.set(uid, known);
        meter.current(uid, title);
      },
      onProblem: (problem) => problems.push(problem),
    });
  }

  async #sendBatch({ connection, control }: Session, batch: Batch): Promise<void> {
    failpoint('backup.staged');
    const { context, state, writes } = this.#options;
    const { versions, bytes, folder } = batch;
    const meter = this.#options.meter.batch();
    const onFraction = (part: number) => {
      meter.bytes(Math.floor(part * bytes), Math.floor(part * versions.size));
    };
    await connection.ready();
    const sending = sendFolder(context, connection, folder, onFraction);
    control.prepare(); // while rsync works
    const sent = await sending;
    failpoint('backup.batch-sent');
    this.sentBytes += sent.bytes;
    // What did not arrive whole the server names when it is asked for the snapshot.
    if (sent.whole) writes.add(state.rememberArrived(versions));
    meter.done(versions.size, bytes);
    orWarn(context, () => rmSync(folder, { recursive: true })); // at the end all of them go
  }

  #need(uid: Uid, digest: Digest, content: Digest | null): Need {
    const { state, gaps } = this.#options;
    if (gaps.missing.has(uid)) return 'all';
    if (this.#isOnServer(uid, digest)) return 'nothing';
    return content === null || state.baseContents.get(uid) === content ? 'metadata' : 'all';
  }

  /** Unchanged entries whose files are not on the server for this base. */
  #unsent(scan: Scan): TreeEntry[] {
    const { context, gaps } = this.#options;
    return [...scan.unchanged]
      .filter(([uid, digest]) => gaps.missing.has(uid) || !this.#isOnServer(uid, digest))
      .map(([uid]) => scan.renamed.get(uid) ?? inJournal(context.paths, uid));
  }

  #isOnServer(uid: Uid, digest: Digest): boolean {
    const { confirmed, arrived } = this.#options.state;
    return confirmed?.versions.get(uid) === digest || arrived.get(uid) === digest;
  }

  /** An entry that cannot be read keeps the version it has in the base, if the server has that. */
  #keepUnreadable(versions: Map<Uid, Digest>, problems: readonly Problem[]): void {
    const { state, gaps } = this.#options;
    const base = state.confirmed?.versions ?? new Map<Uid, Digest>();
    for (const problem of problems) {
      if (problem.partial) continue;
      for (const uid of concernedBy(problem, base.keys())) {
        const kept = !gaps.lost.has(uid) && base.get(uid);
        if (kept) versions.set(uid, kept);
        else versions.delete(uid);
      }
    }
  }
}

/** Of what is to be read. */
function estimatedBytes({ toRead }: Scan): number {
  return toRead.reduce((sum, { bytes }) => sum + bytes, 0);
}
