/**
 * The register of content that is known to be damaged: a folder `.damaged/` with a hard link
 * `<digest>.<inode>` to each damaged file, so that its inode number cannot be reused while snapshots
 * still link to it. The `.json` beside it lists those links. The file names are the truth; a record
 * that cannot be read is rebuilt from them.
 *
 * The service is the only writer, and everything here that changes something is synchronous.
 */
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import * as v from 'valibot';
import { type Clock, realClock } from '../../shared/clock.ts';
import { type Digest, parseDigest } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, namesIn, writeFileDurably } from '../../shared/system/files.ts';
import { ifReadable } from './checked-entry.ts';
import { inDamaged, inPool, type Paths, POOL_NAME } from './paths.ts';

export interface DamageRecord {
  digest: Digest;
  inode: number;
  /** In bytes, as found. */
  size: number;
  /** ISO 8601. */
  found: string;
  /** Its other names, relative to the library. Null until they were searched for. */
  names: readonly string[] | null;
}

const recordSchema = v.object({
  version: v.literal(1),
  size: v.number(),
  found: v.pipe(v.string(), v.isoTimestamp()),
  names: v.nullable(v.array(v.string())),
});
const RECORD_NAME = /^([0-9a-f]{64})\.(\d+)(\.json)?$/;

export class DamageRegister {
  readonly #paths: Paths;
  readonly #clock: Clock;
  readonly #records = new Map<number, DamageRecord>();

  /** Reads the folder, and completes a quarantine that was cut off. */
  constructor(paths: Paths, clock: Clock = realClock) {
    this.#paths = paths;
    this.#clock = clock;
    for (const [digest, inode] of ifReadable(() => this.#listFolder())) {
      ifReadable(() => [this.#load(digest, inode)]);
    }
  }

  get isEmpty(): boolean {
    return this.#records.size === 0;
  }

  isDamaged(inode: number): boolean {
    return this.#records.has(inode);
  }

  has(digest: Digest): boolean {
    return this.list().some((record) => record.digest === digest);
  }

  list(): DamageRecord[] {
    return [...this.#records.values()];
  }

  /** Takes the content at `path` out of the pool. Its links in snapshots stay as they are. */
  quarantine(digest: Digest, path: string): void {
    const record = this.#writeRecord(digest, path, null);
    failpoint('damage.recorded');
    this.#moveAside(record, path);
    failpoint('damage.quarantined');
  }

  /** Records damaged content at `path` in a snapshot that is not in the pool. */
  record(digest: Digest, path: string): void {
    const names = [relative(this.#paths.library, path)];
    const record = this.#writeRecord(digest, path, names);
    // Without this link, as after a power cut, the record is dropped at the next start.
    linkSync(path, inDamaged(this.#paths).content(digest, record.inode));
    fsyncFolder(inDamaged(this.#paths).folder);
    this.#records.set(record.inode, record);
  }

  setNames(record: DamageRecord, names: readonly string[]): void {
    const named = { ...record, names };
    const [path, text] = this.#fileOf(named);
    const temporary = `${path}.tmp`;
    writeFileSync(temporary, text, { mode: 0o640 }); // rebuilt if a power cut tears it
    renameSync(temporary, path);
    this.#records.set(record.inode, named);
  }

  /** The number of names the damaged file has outside of the register. */
  links({ digest, inode }: DamageRecord): number {
    return lstatSync(inDamaged(this.#paths).content(digest, inode)).nlink - 1;
  }

  /** Removes content that has no other name any more. */
  release(records: readonly DamageRecord[]): void {
    if (records.length === 0) return;
    const { folder, content, record } = inDamaged(this.#paths);
    // In this order: a record without its content always means "not yet quarantined", never that
    // the inode is gone and its number perhaps another file's.
    for (const { digest, inode } of records) rmSync(record(digest, inode), { force: true });
    fsyncFolder(folder);
    failpoint('damage.records-removed');
    for (const { digest, inode } of records) {
      rmSync(content(digest, inode));
      this.#records.delete(inode);
    }
    fsyncFolder(folder);
  }

  #writeRecord(digest: Digest, path: string, names: readonly string[] | null): DamageRecord {
    const { ino: inode, size } = lstatSync(path);
    const found = this.#clock.now().toISOString();
    const record: DamageRecord = { digest, inode, size, found, names };
    const { folder } = inDamaged(this.#paths);
    if (mkdirSync(folder, { recursive: true, mode: 0o700 })) fsyncFolder(this.#paths.library);
    writeFileDurably(...this.#fileOf(record));
    return record;
  }

  #listFolder(): [Digest, number][] {
    const found = new Map<string, [Digest, number]>();
    const { folder } = inDamaged(this.#paths);
    for (const name of namesIn(folder)) {
      if (name.endsWith('.tmp')) rmSync(join(folder, name)); // left by a killed service
      const [, digest, inode] = RECORD_NAME.exec(name) ?? [];
      if (digest) found.set(`${digest}.${inode}`, [parseDigest(digest), Number(inode)]);
    }
    return [...found.values()];
  }

  #load(digest: Digest, inode: number): void {
    const places = inDamaged(this.#paths);
    const record = this.#read(digest, inode);
    const stat = lstatSync(places.content(digest, inode), { throwIfNoEntry: false });
    if (stat) {
      if (stat.ino === inode) this.#records.set(inode, record);
      else this.#renumber(record, stat.ino);
      return;
    }
    const files = pooledFiles(this.#paths, [digest]).get(digest) ?? [];
    const path = files.find((file) => lstatSync(file).ino === inode);
    if (path) this.#moveAside(record, path);
    else rmSync(places.record(digest, inode));
  }

  #read(digest: Digest, inode: number): DamageRecord {
    try {
      const text = readFileSync(inDamaged(this.#paths).record(digest, inode), 'utf8');
      const { size, found, names } = v.parse(recordSchema, JSON.parse(text));
      return { digest, inode, size, found, names };
    } catch {
      return { digest, inode, size: 0, found: this.#clock.now().toISOString(), names: null };
    }
  }

  #moveAside(record: DamageRecord, path: string): void {
    // If a power cut undoes this, it is done again when the record is read.
    renameSync(path, inDamaged(this.#paths).content(record.digest, record.inode));
    this.#records.set(record.inode, record);
  }

  /** Inode numbers change when a library is copied to another disk. */
  #renumber(old: DamageRecord, inode: number): void {
    const { folder, content, record: recordOf } = inDamaged(this.#paths);
    const record = { ...old, inode };
    writeFileDurably(...this.#fileOf(record));
    renameSync(content(old.digest, old.inode), content(old.digest, inode));
    fsyncFolder(folder);
    rmSync(recordOf(old.digest, old.inode), { force: true });
    this.#records.set(inode, record);
  }

  #fileOf(record: DamageRecord): [path: string, text: string] {
    const path = inDamaged(this.#paths).record(record.digest, record.inode);
    return [path, `${JSON.stringify({ version: 1, ...record })}\n`];
  }
}

/** Whether a snapshot has a file that is known to be damaged. */
export function hasDamage(damage: DamageRegister, snapshot: string): boolean {
  if (damage.isEmpty) return false;
  return readdirSync(snapshot).some((name) => isDamagedFile(damage, join(snapshot, name)));
}

export function isDamagedFile(damage: DamageRegister, path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && damage.isDamaged(stat.ino);
}

/** The pool's files for each content, in order. */
export function pooledFiles(paths: Paths, digests: readonly Digest[]): Map<Digest, string[]> {
  const found = new Map<Digest, string[]>(digests.map((digest) => [digest, []]));
  for (const folder of new Set(digests.map((digest) => inPool(paths, digest).folder))) {
    for (const name of namesIn(folder).sort()) {
      found.get(POOL_NAME.exec(name)?.[1] as Digest)?.push(join(folder, name));
    }
  }
  return found;
}
