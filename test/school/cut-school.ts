/**
 * A school whose server and first laptop have disks that remember every write: what both hold after a power cut
 * can be looked at for any moment of what they did, and for both at the same moment.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FileSystem, mountDisk } from '../power/file-systems.ts';
import { folderForDisks } from '../power/folder.ts';
import { LoggedDisk, type Moment, now, type Unflushed } from '../power/logged-disk.ts';
import { waitFor } from '../runner/patience.ts';
import type { Random } from '../shared/random.ts';
import type { Laptop } from './laptop.ts';
import { type School, startSchool } from './school.ts';

/** What was told to somebody, or done, and holds from then on. */
export interface Fact {
  moment: Moment;
  what: string;
  holds: () => void | Promise<void>;
}

export interface Cut {
  moment: Moment;
  unflushed: Unflushed;
  random: Random;
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

export class CutSchool implements AsyncDisposable {
  readonly school: School;
  readonly laptop: Laptop;
  readonly facts: Fact[] = [];
  readonly #folder: string;
  readonly #disks: { server: LoggedDisk; laptop: LoggedDisk };
  #boots = 0;

  private constructor(
    school: School,
    folder: string,
    disks: { server: LoggedDisk; laptop: LoggedDisk },
  ) {
    this.school = school;
    this.laptop = school.newLaptop();
    this.#folder = folder;
    this.#disks = disks;
  }

  /** `settings` are the server's. */
  static async start(kind: FileSystem, settings = ''): Promise<CutSchool> {
    const folder = folderForDisks();
    const server = await LoggedDisk.start(join(folder, 'server'), kind);
    const home = join(server.path, 'xs');
    mkdirSync(home);
    execFileSync('chmod', ['-R', 'a+rX', folder]);
    const school = await startSchool({ laptops: 0, server: { home, settings } });
    const place = join(school.folder, 'laptop-0', '.sugar');
    const laptop = await LoggedDisk.start(join(folder, 'laptop'), kind, place);
    const cut = new CutSchool(school, folder, { server, laptop });
    mkdirSync(cut.laptop.profile, { recursive: true });
    cut.#boot();
    return cut;
  }

  /** Notes what holds from this moment on. */
  note(what: string, holds: Fact['holds']): void {
    this.facts.push({ moment: now(), what, holds });
  }

  /** Ends everything as it is; the disks' logs stay. */
  async stop(): Promise<void> {
    await this.laptop.stopDatastore();
    await this.school.server.daemon.kill();
    for (const disk of Object.values(this.#disks)) await disk.unplug();
  }

  /** Starts the server with what both disks held after a cut, and has `judge` look at it. */
  async after({ moment, unflushed, random }: Cut, judge: () => Promise<void>): Promise<void> {
    this.#boot();
    const places: string[] = [];
    const image = (name: string) => join(this.#folder, `${name}.image`);
    try {
      for (const [name, disk] of Object.entries(this.#disks)) {
        disk.cutAt(moment, image(name), unflushed, random);
        mountDisk(disk.kind, image(name), disk.path);
        places.push(disk.path);
      }
      await this.school.server.start();
      await judge();
    } finally {
      await this.laptop.stopDatastore();
      await this.school.server.daemon.kill();
      for (const place of places) await freed(place);
      for (const name of Object.keys(this.#disks)) rmSync(image(name), { force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.laptop.stopDatastore();
    await this.school.server.daemon.kill();
    for (const disk of Object.values(this.#disks)) await disk[Symbol.asyncDispose]();
    await this.school[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What the kernel says of this boot, to all that run in this mount namespace. */
  #boot(): void {
    this.#boots += 1;
    const file = join(this.#folder, 'boot_id');
    const digits = String(this.#boots).padStart(12, '0');
    writeFileSync(file, `00000000-0000-4000-8000-${digits}\n`, { mode: 0o644 });
    if (this.#boots === 1) execFileSync('mount', ['--bind', file, BOOT_ID]);
  }
}

/** A session of sshd may need a moment to end. */
async function freed(place: string): Promise<void> {
  await waitFor(`${place} to be free`, () => {
    try {
      execFileSync('umount', [place], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}
