// weight: 30
/**
 * The plug is pulled while Sugar's real datastore saves: an ext4 that flushes once a second, shut down without
 * its journal. No version that was once safe is replaced by a hollow one, and a restore brings it back.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import dbus from 'dbus-next';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial, parseUid, type Uid } from '../../../shared/ids.ts';
import { decodeEntry, type Entry } from '../../../shared/journal/entry.ts';
import { inEntry } from '../../../xs/storage/paths.ts';
import { newestSnapshot, readVersions } from '../../../xs/storage/snapshots.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import { seeded } from '../../shared/random.ts';
import { soak } from '../../soak.ts';
import type { Finished, Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';
import { runsAsRoot } from '../server.ts';

const test = suite('a power cut while Sugar saves');
const rooted = testIf(runsAsRoot, test, 'a file system is mounted and cut off, which needs root');

const SEED = Number(process.env.DS_BACKUP_SEED ?? 19);
const CUTS = soak(100, 3);
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: what is not on the disk by now never comes there. */
const CUT = `
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))
`;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** A laptop whose whole profile is on a disk of its own. */
class CutLaptop implements AsyncDisposable {
  readonly laptop: Laptop;
  readonly #image: string;
  readonly #disk: string;
  #boot = 0;

  constructor(school: School) {
    this.laptop = school.newLaptop();
    this.#image = join(school.folder, 'disk.img');
    this.#disk = join(this.laptop.home, '.sugar');
    writeFileSync(this.#image, '');
    truncateSync(this.#image, 64 << 20);
    execFileSync('mkfs.ext4', ['-q', '-F', this.#image]);
    this.#mount();
    mkdirSync(this.laptop.profile);
  }

  /** Pulls the plug, and switches the laptop on again. */
  async cut(): Promise<void> {
    execFileSync('python3', ['-c', CUT, this.#disk]);
    await this.laptop.stopDatastore();
    execFileSync('umount', [this.#disk]);
    // A program that ends a little later has it mounted still; it would be mounted again as it is, cut off.
    await waitFor('the disk to be free', () => loopsOf(this.#image) === '');
    this.#mount();
    this.#boot += 1;
    writeFileSync(this.#bootFile, `boot ${this.#boot}\n`);
  }

  /** Runs `ds-backup`, in the present boot. */
  run(...args: string[]): Promise<Finished> {
    const self = this.laptop.backup.bind(this.laptop);
    if (this.#boot === 0) return self(args);
    const bind = `mount --bind ${this.#bootFile} ${BOOT_ID} && exec "$@"`;
    return self(args, { inside: ['unshare', '-m', 'sh', '-c', bind, 'sh'] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.laptop.stopDatastore();
    execFileSync('umount', ['--lazy', this.#disk]);
    rmSync(this.#image);
  }

  get #bootFile(): string {
    return join(this.laptop.home, 'boot_id');
  }

  #mount(): void {
    execFileSync('mount', ['-o', 'loop,commit=1', this.#image, this.#disk]);
  }
}

/** The loop devices that hold an image. */
function loopsOf(image: string): string {
  return execFileSync('losetup', ['--associated', image], { encoding: 'utf8' });
}

/** Saves as an activity does: a new entry, or a new version of one. */
async function save(laptop: Laptop, number: number, uid?: string): Promise<string> {
  const file = join(laptop.profile, `instance-${number}`);
  writeFileSync(file, `${number}\n`.repeat(1000));
  const properties = {
    title: new dbus.Variant('s', `write ${number}`),
    activity: new dbus.Variant('s', 'org.laptop.AbiWordActivity'),
    mime_type: new dbus.Variant('s', 'text/plain'),
    timestamp: new dbus.Variant('i', 1_700_000_000 + number),
  };
  if (uid === undefined) return String(await laptop.datastore('create', properties, file, true));
  await laptop.datastore('update', uid, properties, file, true);
  return uid;
}

/** What the school has of each entry. */
function atSchool(school: School, laptop: Laptop): Map<Uid, Entry> {
  const newest = newestSnapshot(school.server, parseSerial(laptop.serial));
  if (!newest) return new Map();
  return new Map(
    [...readVersions(newest).keys()].map((uid) => {
      return [uid, decodeEntry(readFileSync(inEntry(newest.folder, uid).metadata))];
    }),
  );
}

const lacksProperties = ({ properties }: Entry): boolean =>
  ['uid', 'timestamp', 'title'].some((name) => !properties.get(name)?.length);

/** Less than what was safe. New content is new work, and is taken whatever became of its properties. */
const isHollow = (now: Entry, safe: Entry): boolean =>
  (now.content?.size ?? 0) === 0 ||
  (lacksProperties(now) && now.content?.digest === safe.content?.digest);

function shown(entry: Entry | undefined): string {
  const properties = [...(entry?.properties ?? [])].map(([name, value]) => `${name}=${value}`);
  return `${entry?.content?.size} bytes, ${properties.join(' ')}`;
}

/** Whether the entry's folder is there with content and title. */
function isWholeHere(laptop: Laptop, uid: Uid): boolean {
  const folder = join(laptop.journal, uid.slice(0, 2), uid);
  return ['data', 'metadata/title', 'metadata/uid'].every((name) => {
    return (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0) > 0;
  });
}

const isThere = (laptop: Laptop, uid: Uid): boolean =>
  statSync(join(laptop.journal, uid.slice(0, 2), uid), { throwIfNoEntry: false }) !== undefined;

rooted(`${CUTS} cuts: what was safe is never replaced by what a cut left of it`, async () => {
  await using school = await startSchool({ laptops: 0 });
  await using cutter = new CutLaptop(school);
  const { laptop } = cutter;
  const random = seeded(SEED);
  const uids: string[] = [];
  let number = 0;
  const next = () => {
    number += 1;
    return number;
  };
  let hollow = 0;
  for (let n = 0; n < 6; n += 1) uids.push(await save(laptop, next()));
  for (let cut = 1; cut <= CUTS; cut += 1) {
    const what = `seed ${SEED}, cut ${cut}`;
    for (let n = 0; n < 2; n += 1) {
      const uid = random.pick(uids);
      await save(laptop, next(), isThere(laptop, parseUid(uid)) ? uid : undefined);
    }
    const before = await cutter.run('now');
    assert.ok(before.exitCode === 0 || before.exitCode === 1, `${what}: ${before.stderr}`);
    const safe = atSchool(school, laptop);
    const uid = random.pick(uids);
    if (random.below(10) < 7) await save(laptop, next(), uid);
    await sleep(random.below(soak(6000, 1500)));
    await cutter.cut();
    const after = await cutter.run('now');
    assert.ok(after.exitCode === 0 || after.exitCode === 1, `${what}: ${after.stderr}`);
    const now = atSchool(school, laptop);
    const left = [...safe.keys()].filter((one) => isThere(laptop, one));
    for (const one of left) {
      const [version, was] = [now.get(one), safe.get(one)];
      const both = `${what}: ${one} is ${shown(version)}, was ${shown(was)}\n${after.stderr}`;
      assert.ok(version && was && !isHollow(version, was), both);
    }
    const whole = left.filter((one) => {
      const version = now.get(one);
      return version && !lacksProperties(version);
    });
    const broken = whole.filter((one) => !isWholeHere(laptop, one));
    hollow += broken.length;
    if (broken.length > 0) {
      const restored = await cutter.run('restore', 'latest');
      assert.is(restored.exitCode, 0, `${what}: ${restored.stderr}`);
    }
    for (const one of whole) assert.ok(isWholeHere(laptop, one), `${what}: ${one} is not back`);
  }
  console.log(`${hollow} entries were hollow after a cut`);
});

test.run();
