/**
 * `org.sugarlabs.Backup1` (PROTOCOL.md, "On the laptop's bus"): the agent's methods on the bus. Takes
 * requests apart and puts answers together; decides nothing.
 */
import {
  AGENT_PROPERTIES,
  BACKUP_NAME,
  jobPath,
  METHODS,
  packRow,
  type RowKind,
  toBusError,
} from '../../shared/backup-bus.ts';
import { asDsError, DsError, type ErrorCode } from '../../shared/errors.ts';
import { parseSerial, parseSnapshotName, parseUid } from '../../shared/ids.ts';
import type { JobKind, Request } from '../rules/jobs.ts';
import type { Agent } from '../service/agent.ts';
import { BusObject, readOnlyProperties } from './bus-object.ts';
import { type PinUse, type Shown, showAgent } from './properties.ts';

type Row = Record<string, unknown>;

interface PinList extends PinUse {
  pins: Row[];
}

/** The school is not there for now, which is no reason to forget what a child asked for. */
const LATER: readonly ErrorCode[] = [
  ...(['server-unreachable', 'server-busy', 'transfer', 'not-registered'] as const),
  ...(['pending-approval', 'cancelled'] as const),
];

export class AgentObject extends BusObject<Shown> {
  readonly #agent: Agent;
  #pins: PinUse = { bytes: 0, limit: 0 };

  constructor(agent: Agent) {
    super(BACKUP_NAME, showAgent(agent, { bytes: 0, limit: 0 }));
    this.#agent = agent;
  }

  /** Tells what changed. */
  update(): void {
    this.show(showAgent(this.#agent, this.#pins));
  }

  BackUpNow(): string {
    return this.#request('backup', {});
  }

  RestoreAll(of: string, snapshot: string): string {
    return this.#request('restore', { of, snapshot });
  }

  RestoreEntry(of: string, snapshot: string, entry: string): string {
    return this.#request('restore-entry', { of, snapshot, entry: parse(parseUid, entry) });
  }

  KeepAtSchool(entry: string): string {
    return this.#request('keep', { entry: parse(parseUid, entry) });
  }

  FetchBack(entry: string): string {
    return this.#request('fetch', { entry: parse(parseUid, entry) });
  }

  Pause(): void {
    this.#agent.pause(true);
  }

  Resume(): void {
    this.#agent.pause(false);
  }

  Cancel(): void {
    const { job } = this.#agent.standing;
    if (job) this.#agent.cancel(job.id);
  }

  async Refresh(): Promise<void> {
    try {
      await this.#agent.refreshFacts();
    } catch (error) {
      throw toBusError(error);
    }
    this.update();
  }

  Retry(): string {
    const { model, memory } = this.#agent;
    const last = model.jobs.findLast(({ end, request }) => {
      // Pins that the school refused are not asked for again.
      if (request.kind === 'pins' && memory.pinNotes.length === 0) return false;
      return end === 'failed' || end === 'cancelled';
    });
    if (!last)
      throw toBusError(new DsError('not-found', 'nothing failed and nothing was cancelled'));
    return this.#request(last.request.kind, last.request);
  }

  ListLaptops(): Promise<Row[]> {
    return this.#rows('laptops', {}, 'laptop');
  }

  ListDays(of: string): Promise<Row[]> {
    return this.#rows('days', { of }, 'day');
  }

  async ListEntries(
    of: string,
    snapshot: string,
    search: string,
    offset: number,
    limit: number,
  ): Promise<[number, Row[]]> {
    const found = await this.#ask('entries', { of, snapshot, search, offset, limit });
    const { total, entries } = found as { total: number; entries: Row[] };
    return [total, entries.map((entry) => packRow('entry', entry))];
  }

  async GetPreview(of: string, snapshot: string, entry: string): Promise<Buffer> {
    return Buffer.from(String(await this.#ask('preview', { of, snapshot, entry })), 'base64');
  }

  async GetDetails(of: string, snapshot: string, entry: string): Promise<Row> {
    const details = (await this.#ask('details', { of, snapshot, entry })) as Row;
    return packRow('details', details);
  }

  async PlanRestore(of: string, snapshot: string): Promise<Row> {
    const plan = (await this.#ask('plan', { of, snapshot })) as Row;
    return packRow('plan', plan);
  }

  async ForgetRestore(of: string, snapshot: string): Promise<void> {
    await this.#ask('forget-restore', { of, snapshot });
    await this.#agent.refreshFacts();
  }

  async ListPins(): Promise<[Row[], bigint, bigint]> {
    const { pins, bytes, limit } = (await this.#ask('pins', {})) as PinList;
    this.#pins = { bytes, limit };
    this.update();
    const later = this.#agent.memory.pinNotes;
    const unpinned = new Set(later.filter((one) => one.snapshot === null).map(({ uid }) => uid));
    const rows = [
      ...pins
        .filter(({ uid }) => !unpinned.has(String(uid)))
        .map((pin) => ({ ...pin, later: false })),
      ...later
        .filter(({ snapshot }) => snapshot !== null)
        .map(({ uid, snapshot }) => ({ uid, snapshot, bytes: 0, pinned: 0, later: true })),
    ];
    return [rows.map((one) => packRow('pin', { title: '', ...one })), BigInt(bytes), BigInt(limit)];
  }

  Pin(snapshot: string, uid: string): Promise<string> {
    const name = snapshot === '' ? '' : parse(parseSnapshotName, snapshot);
    return this.#pin({ uid: parse(parseUid, uid), snapshot: name });
  }

  Unpin(uid: string): Promise<string> {
    return this.#pin({ uid: parse(parseUid, uid), snapshot: null });
  }

  ListAtSchool(): Promise<Row[]> {
    return this.#rows('kept', {}, 'kept');
  }

  async WebLink(): Promise<string> {
    return String(await this.#ask('web-link', {}));
  }

  async #pin(note: { uid: string; snapshot: string | null }): Promise<string> {
    if (this.#agent.model.world.network !== 'down') {
      try {
        const { refused } = (await this.#agent.ask('pin', { notes: [note] })) as {
          refused: { code: ErrorCode; message: string; hint: string }[];
        };
        const [first] = refused;
        if (!first) return 'done';
        throw new DsError(first.code, first.message, { hint: first.hint });
      } catch (error) {
        if (!LATER.includes(asDsError(error).code)) throw toBusError(error);
      }
    }
    this.#agent.notePin(note);
    return 'later';
  }

  #request(kind: JobKind, about: Partial<Request>): string {
    const { of = '', snapshot = '', entry = '' } = about;
    if (of !== '') parse(parseSerial, of);
    if (snapshot !== '') parse(parseSnapshotName, snapshot);
    try {
      const { id } = this.#agent.request({ kind, byHand: true, of, snapshot, entry });
      this.update(); // whoever asks next sees it
      return jobPath(id);
    } catch (error) {
      throw toBusError(error);
    }
  }

  async #rows(act: string, params: object, kind: RowKind): Promise<Row[]> {
    return ((await this.#ask(act, params)) as Row[]).map((one) => packRow(kind, one));
  }

  async #ask(act: string, params: object): Promise<unknown> {
    try {
      return await this.#agent.ask(act, params);
    } catch (error) {
      throw toBusError(error);
    }
  }

  static {
    AgentObject.configureMembers({
      properties: readOnlyProperties(AgentObject.prototype, AGENT_PROPERTIES),
      methods: methodSignatures(),
    });
  }
}

/** The table of methods as dbus-next wants it. */
function methodSignatures(): Record<string, { inSignature: string; outSignature: string }> {
  const methods = Object.entries(METHODS).map(([name, [inSignature, outSignature]]) => {
    return [name, { inSignature, outSignature }] as const;
  });
  return Object.fromEntries(methods);
}

function parse<T>(parser: (text: unknown) => T, text: string): T {
  try {
    return parser(text);
  } catch (error) {
    throw toBusError(error);
  }
}
