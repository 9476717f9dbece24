/**
 * A worker as the agent sees it: a child process with a task, its reports, and a way to stop it.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { DsError, type ErrorCode } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Progress } from '../progress.ts';
import type { Failure } from '../rules/retry.ts';
import { formatLine, type Report } from './protocol.ts';

export interface WorkerProgram {
  /** What starts one: the program and its first arguments. */
  command: readonly string[];
  env: NodeJS.ProcessEnv;
}

export interface Listener {
  onProgress?: (progress: Progress) => void;
  onServerTime?: (ms: number) => void;
}

/** A failure as the worker told it. */
export class WorkerFailure extends DsError {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.code as ErrorCode, failure.message, { hint: failure.hint });
    this.failure = failure;
  }
}

/** The children of automatic work get what others leave over. */
const GENTLE = ['nice', '-n', '10', 'ionice', '-c', '3'];
/** A worker stops within two seconds (S3); one that does not is killed, in milliseconds. */
const STOP_MS = 3000;

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  listener: Listener;
}

export class Worker implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting = new Map<number, Waiting>();
  /** Resolves when it is gone. */
  readonly ended: Promise<void>;
  #lastWords = '';
  #nextId = 1;
  #isOver = false;

  constructor({ command, env }: WorkerProgram, log: Log, gentle: boolean) {
    const [program = 'node', ...args] = gentle ? [...GENTLE, ...command] : command;
    this.#child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdin.on('error', () => {}); // its end tells
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line));
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      this.#lastWords = line.slice(0, 300);
      log.warn('worker', { says: this.#lastWords });
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#lastWords = error.message;
        resolve();
      });
      this.#child.once('close', () => resolve());
    });
    void this.ended.then(() => this.#giveUp());
  }

  /** Whether it takes no more questions. */
  get isClosing(): boolean {
    return this.#isOver || this.#child.stdin.writableEnded;
  }

  /** Whether nobody waits for it. */
  get isFree(): boolean {
    return this.#waiting.size === 0;
  }

  /** Asks for an act. Throws what the worker threw, as a WorkerFailure. */
  ask(act: string, params: object, listener: Listener = {}): Promise<unknown> {
    if (this.isClosing) return Promise.reject(this.#brokenOff());
    const id = this.#nextId;
    this.#nextId += 1;
    this.#child.stdin.write(formatLine({ id, act, params: { ...params } }));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, listener });
    });
  }

  /** Ends it; resolves when it is gone. What it had under way is kept and goes on next time. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** Lets it end by itself when nobody asks any more. */
  close(): void {
    this.#child.stdin.end();
  }

  #take(line: string): void {
    const report = JSON.parse(line) as Report;
    const waiting = this.#waiting.get(report.id);
    if (!waiting) return;
    if ('progress' in report) waiting.listener.onProgress?.(report.progress);
    else if ('serverTime' in report) waiting.listener.onServerTime?.(report.serverTime);
    else {
      this.#waiting.delete(report.id);
      if ('result' in report) waiting.resolve(report.result);
      else waiting.reject(new WorkerFailure(report.failure));
    }
  }

  #giveUp(): void {
    this.#isOver = true;
    for (const { reject } of this.#waiting.values()) reject(this.#brokenOff());
    this.#waiting.clear();
  }

  #brokenOff(): WorkerFailure {
    const words = this.#lastWords ? `: ${this.#lastWords}` : '';
    const hint = 'what is done is kept; it goes on from there';
    return new WorkerFailure({ code: 'transfer', message: `the work broke off${words}`, hint });
  }
}
