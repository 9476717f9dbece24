/**
 * The one day that is shown in the Journal: its worker, and a watch over it. A worker that falls silent is
 * killed before Sugar's shell has to wait for it, and no mount outlives its worker.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { asDsError, DsError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Paths } from '../paths.ts';
import type { LeftOut } from '../volume/arrived.ts';
import { canMount, clearUp, healMounts, notedFolder, removeMountPoint } from '../volume/mount.ts';
import { ALIVE_MS, type VolumeNews } from '../volume/volume.ts';
import { Worker, type WorkerProgram } from '../worker/process.ts';

export interface JournalVolumeOptions {
  paths: Paths;
  program: WorkerProgram;
  log: Log;
}

/** What clients are shown of it. */
export interface VolumeView {
  state: 'unavailable' | 'closed' | 'opening' | 'open';
  /** Empty for this laptop. */
  of: string;
  snapshot: string;
  /** How many entries of that day are not shown, by the reason. */
  leftOut: LeftOut;
}

export interface VolumeListener {
  onChange: () => void;
  /** Copies may have broken off, or have become whole. */
  onCopies: () => void;
  /** In milliseconds since 1970. */
  onServerTime: (ms: number) => void;
}

const NOTHING: LeftOut = { empty: 0, bundles: 0, damaged: 0, older: 0 };
/**
 * A worker is killed after so many looks without a word from it. Looks are counted, not time: while this
 * process does not run itself, nobody is silent.
 */
const SILENT_LOOKS = 5;

interface Showing {
  worker: Worker;
  view: VolumeView;
  /** Since it is about to be mounted. */
  mounted: Extract<VolumeNews, { type: 'mounting' }> | undefined;
  silentLooks: number;
  isReading: boolean;
  watch: NodeJS.Timeout | undefined;
  /** Resolves when nothing of it is left. */
  over: Promise<void>;
}

export class JournalVolume implements AsyncDisposable {
  readonly #options: JournalVolumeOptions;
  readonly #listener: VolumeListener;
  readonly #canMount: boolean;
  #showing: Showing | undefined;
  #healed: Promise<void> = Promise.resolve();

  constructor(options: JournalVolumeOptions, listener: VolumeListener) {
    this.#options = options;
    this.#listener = listener;
    this.#canMount = canMount(options.program.env);
  }

  get view(): VolumeView {
    const state = this.#canMount ? 'closed' : 'unavailable';
    return this.#showing?.view ?? { state, of: '', snapshot: '', leftOut: NOTHING };
  }

  /** A content of it is being read. */
  get isReading(): boolean {
    return this.#showing?.isReading ?? false;
  }

  get isOpen(): boolean {
    return this.#showing !== undefined;
  }

  /** Unmounts what an earlier agent left, which may have been killed; nothing is opened before. */
  heal(): Promise<void> {
    this.#healed = this.#heal().catch((error: unknown) => {
      this.#options.log.warn('not-healed', { reason: asDsError(error).message });
    });
    return this.#healed;
  }

  async #heal(): Promise<void> {
    const { program, paths, log } = this.#options;
    const home = program.env.HOME;
    if (!this.#canMount || !home) return;
    const left = await healMounts(home, program.env);
    if (left.length > 0) log.warn('mounts-left', { count: left.length });
    if (existsSync(paths.mountPoint)) removeMountPoint(paths.mountPoint);
    await rm(paths.volume, { recursive: true, force: true });
  }

  /** Shows this day, instead of another one; returns its folder. Throws what hinders it. */
  async open(of: string, snapshot: string): Promise<string> {
    await this.#healed;
    while (this.#showing) await this.close();
    const { program, log } = this.#options;
    const worker = new Worker(program, log, false);
    const opened = new Promise<string>((resolve, reject) => {
      const view: VolumeView = { state: 'opening', of, snapshot, leftOut: NOTHING };
      const showing: Showing = {
        ...{ worker, view, mounted: undefined, silentLooks: 0, isReading: false },
        watch: undefined,
        over: Promise.resolve(),
      };
      this.#showing = showing;
      const ended = worker.ask(
        'volume',
        { of, snapshot },
        {
          onServerTime: this.#listener.onServerTime,
          onVolume: (news) => {
            this.#hear(showing, news);
            if (news.type === 'open') resolve(news.folder);
          },
        },
      );
      showing.over = this.#follow(showing, ended, reject);
    });
    this.#listener.onChange();
    return opened;
  }

  /** Takes it out of the Journal; resolves when nothing of it is left. */
  async close(): Promise<void> {
    const showing = this.#showing;
    if (!showing) return;
    await showing.worker[Symbol.asyncDispose]();
    await showing.over;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #follow(
    showing: Showing,
    ended: Promise<'removed' | 'idle'>,
    onFailure: (error: unknown) => void,
  ): Promise<void> {
    const { log } = this.#options;
    const { worker } = showing;
    try {
      log.info('volume-ended', { why: await ended });
    } catch (error) {
      log.info('volume-ended', { why: asDsError(error).message });
      onFailure(error);
    }
    worker.close();
    await worker.ended;
    clearInterval(showing.watch);
    await this.#clearUp(showing).catch((error: unknown) => {
      log.warn('not-cleared-up', { reason: asDsError(error).message });
    });
    onFailure(new DsError('cancelled', 'it was closed before it was open'));
    this.#showing = undefined;
    this.#listener.onChange();
    if (showing.mounted) this.#listener.onCopies();
  }

  /** Whatever a worker left that was killed, however early. */
  async #clearUp({ mounted }: Showing): Promise<void> {
    const { program, paths } = this.#options;
    const noted = notedFolder(paths.mountPoint);
    const left = mounted ?? (noted === undefined ? undefined : { folder: noted, pid: 0 });
    if (left) await clearUp(left, program.env);
    removeMountPoint(paths.mountPoint);
    await rm(paths.volume, { recursive: true, force: true });
  }

  #hear(showing: Showing, news: VolumeNews): void {
    showing.silentLooks = 0;
    if (news.type === 'alive') showing.isReading = news.isReading;
    if (news.type === 'broken') this.#listener.onCopies();
    if (news.type === 'mounting') this.#watch(showing, news);
    if (news.type !== 'open') return;
    const { snapshot, entries, leftOut } = news;
    this.#options.log.info('volume-open', { snapshot, entries, ...leftOut });
    showing.view = { ...showing.view, state: 'open', snapshot, leftOut };
    this.#listener.onChange();
  }

  /** From before the kernel has the mount: the shell looks into it as soon as it is there. */
  #watch(showing: Showing, news: NonNullable<Showing['mounted']>): void {
    showing.mounted = news;
    showing.watch = setInterval(() => {
      showing.silentLooks += 1;
      if (showing.silentLooks <= SILENT_LOOKS) return;
      this.#options.log.warn('volume-silent');
      showing.worker.kill();
    }, ALIVE_MS);
  }
}
