/**
 * Client of the control API (PROTOCOL.md): one method per request, and every answer is checked.
 */
import type { Got, Method, Response } from 'got';
import { DsError } from '../../shared/errors.ts';
import type { Digest, RunId, Serial, SnapshotName, Uid } from '../../shared/ids.ts';
import { MAX_ENTRIES, parseSums } from '../../shared/journal/sums.ts';
import {
  type ClassOffers,
  type ClassStanding,
  type Completion,
  type EntriesPage,
  type EntryDetails,
  type EntrySummary,
  type NotSafe,
  type Outcome,
  type Pins,
  parseClassOffers,
  parseEntries,
  parseEntryDetails,
  parseOffered,
  parseOutcome,
  parsePins,
  parseQuietKey,
  parseReadableLaptops,
  parseServerState,
  parseSnapshots,
  parseStillHeld,
  parseWebLink,
  type QuietClaim,
  type ReadableLaptops,
  type ServerState,
  type SnapshotSummary,
} from '../../shared/protocol/messages.ts';
import { refusalOf } from './refused.ts';
import type { Connection } from './ssh.ts';

/** For a request that does not wait, in milliseconds: a slow disk may have to spin up first. */
const TIMEOUT_MS = 60_000;
const PAGE = 500;

/** Whose control API it is. */
export interface ControlOwner {
  serial: Serial;
  /** Tells this laptop from another one with the same identity. */
  instance: string;
  /** Called when the server says that a teacher has approved this laptop. */
  onConfirmed: () => void;
  /** Called with whether there is a class page to which this laptop may offer. */
  onClassPage: (isOn: boolean) => void;
  /** Called when another laptop has this identity, and this one gets one of its own. */
  onMoved: (identity: NonNullable<ServerState['moved']>) => Promise<void>;
}

export class Control {
  readonly #connection: Connection;
  readonly #signal: AbortSignal;
  readonly #owner: ControlOwner;
  #got: Promise<Got> | undefined;
  #known: Promise<unknown> | undefined;

  constructor(connection: Connection, signal: AbortSignal, owner: ControlOwner) {
    this.#connection = connection;
    this.#signal = signal;
    this.#owner = owner;
  }

  /** Loads what the first request needs, which takes a while, while something else is awaited. */
  prepare(): void {
    this.#load().catch(() => {}); // thrown by the first request
  }

  #load(): Promise<Got> {
    this.#got ??= import('got').then(({ got }) =>
      got.extend({
        prefixUrl: `http://${this.#connection.host}/v1`,
        agent: { http: this.#connection.agent },
        retry: { limit: 0 },
        throwHttpErrors: false,
        followRedirect: false,
        decompress: false,
      }),
    );
    return this.#got;
  }

  /**
   * `base` is the sequence of the snapshot that we build on, if any. Throws `untrusted-server` when the
   * server takes this laptop for another one, and `pending-approval` when another laptop has its name.
   */
  async state(base?: number): Promise<ServerState> {
    const builtOn = base === undefined ? '' : `&base=${base}`;
    const path = `state?instance=${this.#owner.instance}${builtOn}`;
    const state = parseServerState(await this.#text('GET', path));
    if (state.serial !== this.#owner.serial) {
      const message = `the school server takes this laptop for ${state.serial}`;
      throw new DsError('untrusted-server', message, {
        hint: 'show this to a teacher; nothing was sent',
      });
    }
    if (state.moved) {
      await this.#owner.onMoved(state.moved);
      throw new DsError('server-unreachable', 'this laptop has a serial number of its own now', {
        hint: 'another one had the same; the next run sends everything under the new number',
        retry: true,
      });
    }
    if (state.confirmed) this.#owner.onConfirmed();
    this.#owner.onClassPage(state.classPage === true);
    this.#known ??= Promise.resolve();
    return state;
  }

  /** Once, before anything else is asked or told: is it us that the server means? */
  async #meansUs(): Promise<void> {
    this.#known ??= this.state().catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    await this.#known;
  }

  /** This laptop, and those that it replaced. */
  async laptops(): Promise<ReadableLaptops['laptops']> {
    return parseReadableLaptops(await this.#text('GET', 'laptops')).laptops;
  }

  /** Newest first; of this laptop, or of one that it replaced. */
  async snapshots(of?: Serial): Promise<SnapshotSummary[]> {
    return parseSnapshots(await this.#text('GET', `snapshots${whose(of)}`)).snapshots;
  }

  async sums(name: SnapshotName, of?: Serial): Promise<Map<Uid, Digest>> {
    return parseSums(await this.#text('GET', `${snapshotPath(name)}/sums${whose(of)}`));
  }

  async details(name: SnapshotName, uid: Uid, of?: Serial): Promise<EntryDetails> {
    const path = `${snapshotPath(name)}/entries/${uid}${whose(of)}`;
    return parseEntryDetails(await this.#text('GET', path));
  }

  /** A PNG; empty for an entry without a picture. */
  async preview(name: SnapshotName, uid: Uid, of?: Serial): Promise<Buffer> {
    const path = `${snapshotPath(name)}/entries/${uid}/preview${whose(of)}`;
    const response = await this.#ask('GET', path, TIMEOUT_MS);
    checkStatus(response);
    return response.rawBody;
  }

  /** Has the server read one of our entries again. Throws `damaged`, `not-found`. */
  async verify(snapshot: SnapshotName, uid: Uid): Promise<void> {
    await this.#text('POST', 'verify', { snapshot, uid });
  }

  /** All entries of a snapshot by uid, page by page. Throws `bad-input` for more pages than there can be. */
  async *entries(name: SnapshotName, of?: Serial): AsyncGenerator<EntrySummary[]> {
    let after = '';
    for (let pages = 0; pages <= MAX_ENTRIES / PAGE; pages += 1) {
      const owner = of === undefined ? '' : `&of=${of}`;
      const path = `${snapshotPath(name)}/entries?limit=${PAGE}${after}${owner}`;
      const page: EntriesPage = parseEntries(await this.#text('GET', path));
      yield page.entries;
      if (page.next === null) return;
      after = `&after=${page.next}`;
    }
    throw new DsError('bad-input', `the school server lists ${name} without an end`);
  }

  /**
   * Claims that nothing changed since the newest snapshot. If the server agrees, the day counts as backed
   * up; `held` is why it keeps that snapshot aside, or null. Undefined if it does not agree.
   */
  async claimQuietDay(claim: QuietClaim): Promise<{ held: string | null } | undefined> {
    const response = await this.#ask('POST', 'unchanged', TIMEOUT_MS, claim);
    if (response.statusCode === 409) return undefined;
    checkStatus(response);
    return response.statusCode === 204 ? { held: null } : parseStillHeld(response.body);
  }

  async pins(): Promise<Pins> {
    return parsePins(await this.#text('GET', 'pins'));
  }

  /** `kept`: the content is about to be on the server only. */
  async pin(uid: Uid, snapshot: SnapshotName, kept = false): Promise<Pins> {
    return parsePins(
      await this.#text('PUT', `pins/${uid}`, kept ? { snapshot, kept } : { snapshot }),
    );
  }

  /** Ends all pins of an entry, or that of one version. */
  async unpin(uid: Uid, version?: Digest): Promise<Pins> {
    const which = version === undefined ? '' : `?digest=${version}`;
    return parsePins(await this.#text('DELETE', `pins/${uid}${which}`));
  }

  /** What this laptop offers to the class. Throws `not-found` where there is no class page. */
  async classOffers(): Promise<ClassOffers['offers']> {
    return parseClassOffers(await this.#text('GET', 'class')).offers;
  }

  /** Offers the version in that snapshot; what became of it. */
  async offerToClass(uid: Uid, snapshot: SnapshotName): Promise<ClassStanding> {
    return parseOffered(await this.#text('PUT', `class/${uid}`, { snapshot })).state;
  }

  /** Takes all offers of an entry back, or that of one version. */
  async takeBackFromClass(uid: Uid, version?: Digest): Promise<void> {
    const which = version === undefined ? '' : `?digest=${version}`;
    await this.#text('DELETE', `class/${uid}${which}`);
  }

  /** The key for days without changes; undefined from an older server, which has none. */
  async quietKey(): Promise<string | undefined> {
    const response = await this.#ask('GET', 'quiet-key', TIMEOUT_MS);
    if (response.statusCode === 404) return undefined;
    checkStatus(response);
    return parseQuietKey(response.body).key;
  }

  /** The path of a page that signs this child in, once; relative to the server's plain HTTP address. */
  async webLink(): Promise<string> {
    return parseWebLink(await this.#text('POST', 'weblink', {})).path;
  }

  /** Sends a completion file. False from an older server, which accepts it by rsync only. */
  async complete(completion: Completion): Promise<boolean> {
    const response = await this.#ask('PUT', 'completion', TIMEOUT_MS, completion);
    if (response.statusCode === 404) return false;
    checkStatus(response);
    return true;
  }

  /** Says what is not safe. False from a server that takes no such report: an older one, or a stricter one. */
  async reportNotSafe(report: NotSafe): Promise<boolean> {
    const response = await this.#ask('PUT', 'not-safe', TIMEOUT_MS, report);
    if (response.statusCode === 404 || response.statusCode === 400) return false;
    checkStatus(response);
    return true;
  }

  async outcome(run: RunId, waitSeconds: number): Promise<Outcome> {
    const path = `runs/${run}?wait=${waitSeconds}`;
    const response = await this.#ask('GET', path, TIMEOUT_MS + waitSeconds * 1000);
    checkStatus(response);
    return parseOutcome(response.body);
  }

  async #text(method: Method, path: string, json?: object): Promise<string> {
    const response = await this.#ask(method, path, TIMEOUT_MS, json);
    checkStatus(response);
    return response.body;
  }

  async #ask(
    method: Method,
    path: string,
    timeoutMs: number,
    json?: object,
  ): Promise<Response<string>> {
    this.#signal.throwIfAborted();
    if (!path.startsWith('state')) await this.#meansUs();
    const ask = await this.#load();
    try {
      return await ask(path, {
        method,
        signal: this.#signal,
        timeout: { request: timeoutMs },
        ...(json && { json }),
      });
    } catch (cause) {
      this.#signal.throwIfAborted();
      const failure = await this.#connection.failure();
      if (failure) throw failure;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DsError('server-unreachable', `the school server does not answer: ${reason}`, {
        retry: true,
        cause,
      });
    }
  }
}

function snapshotPath(name: SnapshotName): string {
  return `snapshots/${encodeURIComponent(name)}`;
}

function whose(of: Serial | undefined): string {
  return of === undefined ? '' : `?of=${of}`;
}

function checkStatus(response: Response<string>): void {
  if (response.statusCode >= 300) throw refusalOf(response);
}
