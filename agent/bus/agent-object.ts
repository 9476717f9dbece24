/**
 * `org.sugarlabs.Backup1` (PROTOCOL.md, "On the laptop's bus"): the agent's methods on the bus. Takes
 * requests apart and puts answers together; decides nothing.
 */
import dbus, { type Variant } from 'dbus-next';
import { asDsError, DsError, type ErrorCode } from '../../shared/errors.ts';
import { parseSerial, parseSnapshotName, parseUid } from '../../shared/ids.ts';
import type { JobKind, Request } from '../rules/jobs.ts';
import type { Agent } from '../service/agent.ts';
import { BusObject, readOnlyProperties } from './bus-object.ts';
import { jobPath, NAME } from './names.ts';
import { type PinUse, type Shown, showAgent, TYPES } from './properties.ts';

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
    super(NAME, showAgent(agent, { bytes: 0, limit: 0 }));
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
      throw busError(error);
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
    if (!last) throw busError(new DsError('not-found', 'nothing failed and nothing was cancelled'));
    return this.#request(last.request.kind, last.request);
  }

  ListLaptops(): Promise<Row[]> {
    return this.#rows('laptops', {}, { serial: 's', nick: 's', color: 's', replaced: 'b' });
  }

  ListDays(of: string): Promise<Row[]> {
    return this.#rows('days', { of }, { snapshot: 's', created: 'x', entries: 'u', bytes: 't' });
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
    return [total, entries.map((entry) => row(entry, ENTRY))];
  }

  async GetPreview(of: string, snapshot: string, entry: string): Promise<Buffer> {
    return Buffer.from(String(await this.#ask('preview', { of, snapshot, entry })), 'base64');
  }

  async GetDetails(of: string, snapshot: string, entry: string): Promise<Row> {
    const details = (await this.#ask('details', { of, snapshot, entry })) as Row;
    return row(details, {
      ...ENTRY,
      description: 's',
      tags: 's',
      created: 'x',
      versions: 'a(sxs)',
    });
  }

  async PlanRestore(of: string, snapshot: string): Promise<Row> {
    const plan = (await this.#ask('plan', { of, snapshot })) as Row;
    const counts = { entries: 'u', bytes: 't', here: 'u', beside: 'u', free: 't' };
    return row(plan, { snapshot: 's', ...counts, samples: 'as' });
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
    const types = { uid: 's', snapshot: 's', title: 's', bytes: 't', pinned: 'x', later: 'b' };
    return [rows.map((one) => row({ title: '', ...one }, types)), BigInt(bytes), BigInt(limit)];
  }

  Pin(snapshot: string, uid: string): Promise<string> {
    const name = snapshot === '' ? '' : parse(parseSnapshotName, snapshot);
    return this.#pin({ uid: parse(parseUid, uid), snapshot: name });
  }

  Unpin(uid: string): Promise<string> {
    return this.#pin({ uid: parse(parseUid, uid), snapshot: null });
  }

  ListAtSchool(): Promise<Row[]> {
    return this.#rows('kept', {}, { uid: 's', title: 's', bytes: 't' });
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
        if (!LATER.includes(asDsError(error).code)) throw busError(error);
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
      throw busError(error);
    }
  }

  async #rows(act: string, params: object, types: Types): Promise<Row[]> {
    return ((await this.#ask(act, params)) as Row[]).map((one) => row(one, types));
  }

  async #ask(act: string, params: object): Promise<unknown> {
    try {
      return await this.#agent.ask(act, params);
    } catch (error) {
      throw busError(error);
    }
  }

  static {
    AgentObject.configureMembers({
      properties: readOnlyProperties(AgentObject.prototype, TYPES),
      methods: {
        BackUpNow: { outSignature: 'o' },
        Pause: {},
        Resume: {},
        Cancel: {},
        Refresh: {},
        Retry: { outSignature: 'o' },
        ListLaptops: { outSignature: 'aa{sv}' },
        ListDays: { inSignature: 's', outSignature: 'aa{sv}' },
        ListEntries: { inSignature: 'sssuu', outSignature: 'uaa{sv}' },
        GetPreview: { inSignature: 'sss', outSignature: 'ay' },
        GetDetails: { inSignature: 'sss', outSignature: 'a{sv}' },
        PlanRestore: { inSignature: 'ss', outSignature: 'a{sv}' },
        RestoreAll: { inSignature: 'ss', outSignature: 'o' },
        RestoreEntry: { inSignature: 'sss', outSignature: 'o' },
        ForgetRestore: { inSignature: 'ss' },
        ListPins: { outSignature: 'aa{sv}tt' },
        Pin: { inSignature: 'ss', outSignature: 's' },
        Unpin: { inSignature: 's', outSignature: 's' },
        KeepAtSchool: { inSignature: 's', outSignature: 'o' },
        FetchBack: { inSignature: 's', outSignature: 'o' },
        ListAtSchool: { outSignature: 'aa{sv}' },
        WebLink: { outSignature: 's' },
      },
    });
  }
}

type Types = Readonly<Record<string, string>>;

const ENTRY: Types = {
  ...{ uid: 's', digest: 's', title: 's', 'mime-type': 's', activity: 's', color: 's' },
  ...{ timestamp: 'x', bytes: 't', pinned: 'b', here: 's' },
};

/** Plain data as `a{sv}`; what is absent is left out. */
function row(data: Row, types: Types): Record<string, Variant> {
  const entries = Object.entries(types).flatMap(([name, type]) => {
    const value = data[name];
    if (value === undefined || value === null) return [];
    return [
      [name, new dbus.Variant(type, isLong(type) ? BigInt(Math.floor(Number(value))) : value)],
    ];
  });
  return Object.fromEntries(entries);
}

const isLong = (type: string): boolean => type === 'x' || type === 't';

function parse<T>(parser: (text: unknown) => T, text: string): T {
  try {
    return parser(text);
  } catch (error) {
    throw busError(error);
  }
}

/** An error's name and text on the bus: the one place where codes become D-Bus errors. */
export function busError(cause: unknown): Error {
  const { code, message, hint } = asDsError(cause);
  const name = code.replace(/(^|-)([a-z])/g, (_all, _dash, letter: string) => letter.toUpperCase());
  const text = hint ? `${message}\n${hint}` : message;
  return new dbus.DBusError(`${NAME}.Error.${name}`, text);
}
