/**
 * The backend that runs a worker's acts in this process, without the agent: for scripts, and where there
 * is no session bus.
 */
import { lstatSync } from 'node:fs';
import { pickRow, type RowKind } from '../../shared/backup-bus.ts';
import { DsError } from '../../shared/errors.ts';
import type { Context } from '../context.ts';
import type { ActName, ActParams, ActResult } from '../worker/acts.ts';
import type { WorkerContext } from '../worker/worker-context.ts';
import type { Backend, JobEnd, JobRequest, PinList, Place, Values } from './backend.ts';

export class DirectBackend implements Backend {
  readonly #worker: WorkerContext;
  /** Whether jobs stay while they wait for the server's slot. */
  readonly #wait: boolean;

  private constructor(worker: WorkerContext, wait: boolean) {
    this.#worker = worker;
    this.#wait = wait;
  }

  static async open(context: Context, wait: boolean): Promise<DirectBackend> {
    const { openWorkerContext } = await import('../worker/worker-context.ts');
    return new DirectBackend(openWorkerContext(context), wait);
  }

  async run({ kind, ...about }: JobRequest): Promise<JobEnd> {
    const result = await this.#act(kind, { ...about, wait: this.#wait });
    return { state: 'done', kind, reasons: [], ...result };
  }

  async status(): Promise<Values> {
    const facts = await this.#act('facts', {});
    const { done } = this.#worker.context.paths;
    const doneMs = lstatSync(done, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return {
      LastBackup: Math.floor(doneMs / 1000),
      LastSnapshot: facts.lastSnapshot,
      Registration: facts.registration,
      PairingCode: facts.pairingCode,
      ServerTrust: facts.serverTrust,
      Serial: facts.serial,
      Server: facts.server,
      SafeEntries: facts.safe,
      TotalEntries: facts.total,
      WaitingEntries: facts.toSend,
      ProblemEntries: facts.problems,
      Unfinished: facts.unfinished.map(({ of, snapshot, restored, entries }) => {
        return [of, snapshot, restored, entries];
      }),
    };
  }

  async laptops(): Promise<Values[]> {
    return rows('laptop', await this.#act('laptops', {}));
  }

  async snapshots(of: string): Promise<Values[]> {
    return rows('day', await this.#act('snapshots', { of }));
  }

  async entries(place: Place, search: string): Promise<Values[]> {
    const all = { offset: 0, limit: Number.MAX_SAFE_INTEGER };
    const { entries } = await this.#act('entries', { ...place, search, ...all });
    return rows('entry', entries);
  }

  async plan(place: Place): Promise<Values> {
    return pickRow('plan', await this.#act('plan', { ...place }));
  }

  async pins(): Promise<PinList> {
    const { pins, bytes, limit } = await this.#act('pins', {});
    const sent = pins.map((pin) => ({ ...pin, title: pin.title ?? '', later: false }));
    return { pins: rows('pin', sent), used: bytes, limit };
  }

  async pin(uid: string, snapshot: string | null): Promise<'done'> {
    const [refused] = await this.#act('send-pins', { notes: [{ uid, snapshot }] });
    if (!refused) return 'done';
    throw new DsError(refused.code, refused.message, { hint: refused.hint });
  }

  async offers(): Promise<Values[]> {
    return rows('offer', await this.#act('class-offers', {}));
  }

  offer(uid: string, snapshot: string): Promise<string> {
    return this.#act('offer', { entry: uid, snapshot });
  }

  async takeBack(uid: string): Promise<void> {
    await this.#act('take-back', { entry: uid });
  }

  async kept(): Promise<Values[]> {
    return rows('kept', await this.#act('kept', {}));
  }

  async standings(): Promise<Values[]> {
    return rows('standing', await this.#act('census', {}));
  }

  webLink(): Promise<string> {
    return this.#act('web-link', {});
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#worker[Symbol.asyncDispose]();
  }

  async #act<Name extends ActName>(name: Name, params: ActParams<Name>): Promise<ActResult<Name>> {
    const { runAct } = await import('../worker/acts.ts');
    return (await runAct(this.#worker, name, params)) as ActResult<Name>;
  }
}

function rows(kind: RowKind, data: readonly object[]): Values[] {
  return data.map((one) => pickRow(kind, one));
}
