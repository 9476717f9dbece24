/**
 * The agent's end of a worker: starts the child process, gives it tasks, hears its reports, stops it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { DsError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Progress } from '../progress.ts';
import type { Failure } from '../rules/retry.ts';
import type { VolumeNews } from '../volume/volume.ts';
import type { ActName, ActParams, ActResult } from './acts.ts';
import type { Report, Task } from './protocol.ts';

export interface WorkerProgram {
  /** What starts one: the program and its first arguments. */
  command: readonly string[];
  env: NodeJS.ProcessEnv;
}

export interface Listener {
  onProgress?: (progress: Progress) => void;
  /** In milliseconds since 1970. */
  onServerTime?: (ms: number) => void;
  onVolume?: (news: VolumeNews) => void;
}

/** A failure as the worker reported it. */
export class WorkerFailure extends DsError {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.code, failure.message, { hint: failure.hint });
    this.failure = failure;
  }
}

/** Automatic work leaves processor and disk to what the child is doing. */
const LOW_PRIORITY = ['nice', '-n', '10', 'ionice', '-c', '3'];
/** A worker stops within two seconds; one that does not is killed after this, in milliseconds. */
const STOP_MS = 3000;
/** Characters of a worker's last line on stderr that an error quotes, and of a warning. */
const MAX_QUOTED = 300;
/** Warnings of one worker that are logged. */
const MAX_WARNINGS = 50;

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  listener: Listener;
}

export class Worker implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  #lastLine = '';
  #nextId = 1;
  readonly #log: Log;
  #warnings = 0;
  #hasEnded = false;

  constructor({ command, env }: WorkerProgram, log: Log, lowPriority: boolean) {
    this.#log = log;
    const [program = 'node', ...args] = lowPriority ? [...LOW_PRIORITY, ...command] : command;
    this.#child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.on('message', (report) => this.#receive(report as Report));
    const { stderr } = this.#child;
    if (!stderr) throw new DsError('internal', 'a worker without stderr');
    createInterface({ input: stderr }).on('line', (line) => {
      this.#lastLine = line.slice(0, MAX_QUOTED);
      log.warn('worker-stderr', { line: this.#lastLine });
    });
    // Node emits no `close` when this side closes the channel.
    const endings = [
      once(this.#child, 'exit'),
      once(this.#child, 'disconnect'),
      once(stderr, 'close'),
    ];
    this.ended = Promise.all(endings).then(
      () => {},
      (error: Error) => {
        this.#lastLine = error.message;
      },
    );
    void this.ended.then(() => this.#rejectPending());
  }

  /** Whether it takes no more tasks. */
  get isClosing(): boolean {
    return this.#hasEnded || !this.#child.connected;
  }

  /** Whether it has no task. */
  get isFree(): boolean {
    return this.#pending.size === 0;
  }

  /** Runs an act in the worker. Throws what it threw there, as a WorkerFailure. */
  ask<Name extends ActName>(
    act: Name,
    params: ActParams<Name>,
    listener: Listener = {},
  ): Promise<ActResult<Name>> {
    if (this.isClosing) return Promise.reject(this.#brokenOff());
    const task: Task = { id: this.#nextId, act, params };
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#pending.set(task.id, { resolve: resolve as Pending['resolve'], reject, listener });
      // A channel that closes meanwhile belongs to a worker that ends, which rejects this.
      this.#child.send(task, () => {});
    });
  }

  /** Stops it; resolves when it has ended. What it did so far is kept and continues next time. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends it without asking, also when it does not answer; `ended` resolves. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Closes the channel: the worker ends by itself. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  #receive(report: Report): void {
    const pending = this.#pending.get(report.id);
    if (!pending) return;
    switch (report.type) {
      case 'progress':
        pending.listener.onProgress?.(report.progress);
        break;
      case 'server-time':
        pending.listener.onServerTime?.(report.ms);
        break;
      case 'warning':
        this.#logWarning(report.message);
        break;
      case 'volume':
        pending.listener.onVolume?.(report.news);
        break;
      case 'result':
        this.#pending.delete(report.id);
        pending.resolve(report.result);
        break;
      case 'failure':
        this.#pending.delete(report.id);
        pending.reject(new WorkerFailure(report.failure));
        break;
      default:
        report satisfies never;
    }
  }

  #logWarning(message: string): void {
    this.#warnings += 1;
    if (this.#warnings > MAX_WARNINGS) return;
    this.#log.warn('worker-warning', { message: message.slice(0, MAX_QUOTED) });
  }

  #rejectPending(): void {
    this.#hasEnded = true;
    for (const { reject } of this.#pending.values()) reject(this.#brokenOff());
    this.#pending.clear();
  }

  #brokenOff(): WorkerFailure {
    const quote = this.#lastLine ? `: ${this.#lastLine}` : '';
    const hint = 'what was transferred is kept; the next attempt continues from there';
    return new WorkerFailure({ code: 'transfer', message: `the worker ended early${quote}`, hint });
  }
}
