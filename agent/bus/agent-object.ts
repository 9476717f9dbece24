/**
 * The agent's methods on the bus: each checks and unpacks its arguments, asks the agent, and packs the
 * answer. Decides nothing.
 */
import { basename } from 'node:path';
import {
  AGENT_PROPERTIES,
  BACKUP_NAME,
  jobPath,
  METHODS,
  packRow,
  type RowKind,
  toBusError,
} from '../../shared/backup-bus.ts';
import { parseSerial, parseSnapshotName, parseUid } from '../../shared/ids.ts';
import type { Job, JobKind, Request } from '../rules/jobs.ts';
import type { Agent } from '../service/agent.ts';
import { childsWords } from '../words.ts';
import { BusObject, readOnlyProperties } from './bus-object.ts';
import { type Said, saidOfOffer, saidOfRefusal, saidOfTakingBack } from './class-words.ts';
import {
  type AgentProperties,
  agentProperties,
  type PinUse,
  withSteadyTimes,
} from './properties.ts';

type Row = ReturnType<typeof packRow>;

export class AgentObject extends BusObject<AgentProperties> {
  readonly #agent: Agent;
  readonly #env: NodeJS.ProcessEnv;
  #pins: PinUse = { bytes: 0, limit: 0 };

  constructor(agent: Agent, env: NodeJS.ProcessEnv) {
    super(BACKUP_NAME, agentProperties(agent.view, { bytes: 0, limit: 0 }));
    this.#agent = agent;
    this.#env = env;
  }

  /** Emits what changed. */
  update(): void {
    this.show(withSteadyTimes(this.properties, agentProperties(this.#agent.view, this.#pins)));
  }

  BackUpNow(): string {
    return this.#request('backup', {});
  }

  RestoreAll(of: string, snapshot: string): string {
    return this.#request('restore', { of, snapshot });
  }

  RestoreEntry(of: string, snapshot: string, entry: string): string {
    return this.#request('restore-entry', { of, snapshot, entry: orThrow(() => parseUid(entry)) });
  }

  KeepAtSchool(entry: string): string {
    return this.#request('keep', { entry: orThrow(() => parseUid(entry)) });
  }

  FetchBack(entry: string): string {
    return this.#request('fetch', { entry: orThrow(() => parseUid(entry)) });
  }

  Pause(): void {
    this.#agent.pause(true);
  }

  Resume(): void {
    this.#agent.pause(false);
  }

  Cancel(): void {
    this.#agent.cancel();
  }

  async Refresh(): Promise<void> {
    await answer(this.#agent.refreshFacts());
    this.update();
  }

  Retry(): string {
    return this.#started(() => this.#agent.retry());
  }

  ListLaptops(): Promise<Row[]> {
    return rows('laptop', this.#agent.ask('laptops', {}));
  }

  ListDays(of: string): Promise<Row[]> {
    return rows('day', this.#agent.ask('snapshots', { of }));
  }

  async ListEntries(
    of: string,
    snapshot: string,
    search: string,
    offset: number,
    limit: number,
  ): Promise<[number, Row[]]> {
    const params = { of, snapshot, search, offset, limit };
    const { total, entries } = await answer(this.#agent.ask('entries', params));
    return [total, entries.map((entry) => packRow('entry', entry))];
  }

  async GetPreview(of: string, snapshot: string, entry: string): Promise<Buffer> {
    const text = await answer(this.#agent.ask('preview', { of, snapshot, entry }));
    return Buffer.from(text, 'base64');
  }

  async GetDetails(of: string, snapshot: string, entry: string): Promise<Row> {
    return packRow('details', await answer(this.#agent.ask('details', { of, snapshot, entry })));
  }

  async PlanRestore(of: string, snapshot: string): Promise<Row> {
    return packRow('plan', await answer(this.#agent.ask('plan', { of, snapshot })));
  }

  async ForgetRestore(of: string, snapshot: string): Promise<void> {
    await answer(this.#agent.ask('forget-restore', { of, snapshot }));
    await answer(this.#agent.refreshFacts());
  }

  async ListPins(): Promise<[Row[], bigint, bigint]> {
    const { pins, bytes, limit } = await answer(this.#agent.listPins());
    this.#pins = { bytes, limit };
    this.update();
    return [pins.map((pin) => packRow('pin', pin)), BigInt(bytes), BigInt(limit)];
  }

  Pin(snapshot: string, uid: string): Promise<string> {
    const name = snapshot === '' ? '' : orThrow(() => parseSnapshotName(snapshot));
    return answer(this.#agent.pin({ uid: orThrow(() => parseUid(uid)), snapshot: name }));
  }

  Unpin(uid: string): Promise<string> {
    return answer(this.#agent.pin({ uid: orThrow(() => parseUid(uid)), snapshot: null }));
  }

  ListClassOffers(): Promise<Row[]> {
    return rows('offer', this.#agent.ask('class-offers', {}));
  }

  OfferToClass(snapshot: string, entry: string): Promise<string> {
    return answer(this.#agent.ask('offer', { snapshot, entry }));
  }

  async TakeBackFromClass(entry: string, digest: string): Promise<void> {
    await answer(this.#agent.ask('take-back', { entry, digest }));
  }

  /** For Sugar's Journal, which shows these words: offers the entry as it is there, or takes it back. */
  async ForMyClass(entry: string, yes: boolean): Promise<Said> {
    const words = childsWords(this.#env);
    const { offers } = this.#agent;
    try {
      if (yes) return saidOfOffer(await offers.offer(entry), words);
      await offers.takeBack(entry);
      return saidOfTakingBack(undefined, words);
    } catch (error) {
      return yes ? saidOfRefusal(error, words) : saidOfTakingBack(error, words);
    }
  }

  ListAtSchool(): Promise<Row[]> {
    return rows('kept', this.#agent.ask('kept', {}));
  }

  ListStandings(): Promise<Row[]> {
    return rows('standing', this.#agent.ask('census', {}));
  }

  WebLink(): Promise<string> {
    return answer(this.#agent.ask('web-link', {}));
  }

  /** The volume's name in the Journal. */
  async OpenInJournal(of: string, snapshot: string): Promise<string> {
    orThrow(() => {
      if (of !== '') parseSerial(of);
      if (snapshot !== '') parseSnapshotName(snapshot);
    });
    const folder = await answer(this.#agent.volume.open(of, snapshot));
    this.update(); // a client that reads the properties next must see it
    return basename(folder);
  }

  async CloseInJournal(): Promise<void> {
    await answer(this.#agent.volume.close());
    this.update();
  }

  #request(kind: JobKind, about: Partial<Request>): string {
    const { of = '', snapshot = '', entry = '' } = about;
    return this.#started(() => {
      if (of !== '') parseSerial(of);
      if (snapshot !== '') parseSnapshotName(snapshot);
      return this.#agent.request({ kind, byHand: true, of, snapshot, entry });
    });
  }

  /** The path of the job that `request` starts. */
  #started(request: () => Job): string {
    const { id } = orThrow(request);
    this.update(); // a client that reads the properties next must see it
    return jobPath(id);
  }

  static {
    const methods = Object.entries(METHODS).map(([name, [inSignature, outSignature]]) => {
      return [name, { inSignature, outSignature }] as const;
    });
    AgentObject.configureMembers({
      properties: readOnlyProperties(AgentObject.prototype, AGENT_PROPERTIES),
      methods: Object.fromEntries(methods),
    });
  }
}

async function rows(kind: RowKind, asked: Promise<readonly object[]>): Promise<Row[]> {
  return (await answer(asked)).map((one) => packRow(kind, one));
}

/** The value, or what went wrong as an error of the bus. */
async function answer<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw toBusError(error);
  }
}

function orThrow<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toBusError(error);
  }
}
