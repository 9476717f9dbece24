/**
 * Makes the library that the original program leaves of one laptop over some weeks, as its scripts do: a
 * mirror, hard-linked copies of it, a link to the newest; with what went wrong in the field. What is
 * in each copy is written down here from what was put there, never read back: the judge is no party.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Serial, SnapshotName } from '../../../shared/ids.ts';
import { inLaptop, type Paths } from '../../../xs/storage/paths.ts';
import { type Random, seededRandom } from '../../journal/random.ts';
import { pointTo } from './original-library.ts';

/** `data` and `metadata/<property>` as a Journal of today has them → what is in them. */
type Files = ReadonlyMap<string, Buffer>;

export interface MadeTree {
  /** The name that its snapshot gets. */
  name: SnapshotName;
  /** Whether the copy was completed. */
  whole: boolean;
  /** The entries that are in it completely. */
  entries: ReadonlyMap<string, Files>;
}

export interface MadeLibrary {
  /** Oldest first, those that the original has removed again left out. */
  trees: MadeTree[];
  /** For a test's message. */
  story: string;
}

/** How the copies' folders look, which tells whole ones from others, or does not. */
const MODES = [0o755, 0o750, 0o770, 0o700] as const;
/** The account of a laptop on the old server. */
const OLD_UID = 64_990;

export function makeOldLibrary(paths: Paths, serial: Serial, seed: number): MadeLibrary {
  const random = seededRandom(`old library ${seed}`);
  const laptop = new OldLaptop(paths, serial, random);
  const trees = random.whole(6) + 4;
  // Without modes, only a dip between two whole copies tells of a crash.
  const crashAt = laptop.modesTell ? -1 : 1 + random.whole(trees - 2);
  for (let n = 0; n < trees; n += 1) {
    laptop.day(n !== crashAt && n !== crashAt + 1);
    if (n === crashAt) laptop.copy('crashed');
    else if (!laptop.modesTell) laptop.copy('whole');
    else
      laptop.copy(random.pick(['whole', 'whole', 'whole', 'crashed', 'nested', 'nested-crashed']));
  }
  // The server was switched off during the last copy.
  if (random.whole(4) === 0) {
    laptop.day(true);
    laptop.copy('crashed');
  }
  if (laptop.modesTell) laptop.thin();
  if (random.whole(2) === 0) laptop.giveAway();
  const { kept: made, story } = laptop;
  return { trees: made, story: `seed ${seed}: ${story.join(', ')}` };
}

type Kind = 'whole' | 'crashed' | 'nested' | 'nested-crashed';

class OldLaptop {
  readonly story: string[] = [];
  readonly modesTell: boolean;
  kept: MadeTree[] = [];
  readonly #paths: Paths;
  readonly #serial: Serial;
  readonly #random: Random;
  /** 0 is Sugar 0.82's, in which all entries share a folder. */
  #layout: number;
  readonly #entries = new Map<string, Map<string, Buffer>>();
  #time: number;
  #linked: SnapshotName | undefined;

  constructor(paths: Paths, serial: Serial, random: Random) {
    this.#paths = paths;
    this.#serial = serial;
    this.#random = random;
    this.#layout = random.whole(7);
    this.#time = Date.UTC(2010, random.whole(12), 1 + random.whole(28), 8);
    const mode = random.pick(MODES);
    this.modesTell = mode !== 0o700;
    const { original } = inLaptop(paths, serial);
    mkdirSync(original, { recursive: true });
    if (this.#layout > 0) writeFileSync(join(original, 'version'), String(this.#layout));
    chmodSync(original, mode);
    this.story.push(`layout ${this.#layout}`, `mode ${mode.toString(8)}`);
    for (let n = 0; n < 8 + random.whole(6); n += 1) this.#put(random.uuid());
  }

  /** A child's day at school; entries go only when `mayDelete`. */
  day(mayDelete: boolean): void {
    const random = this.#random;
    if (this.#layout === 0 && random.whole(3) === 0) this.#upgrade();
    for (const uid of [...this.#entries.keys()]) {
      const chance = random.whole(10);
      if (chance === 0) this.#put(uid);
      if (chance === 1 && mayDelete && this.#entries.size > 6) this.#remove(uid);
    }
    for (let n = random.whole(3); n > 0; n -= 1) this.#put(random.uuid());
    this.#time += 3_600_000 * (1 + random.whole(200));
  }

  copy(kind: Kind): void {
    const { home, original, latest, snapshot } = inLaptop(this.#paths, this.#serial);
    const name = nameAt(this.#time);
    const tree = snapshot(name);
    this.story.push(`${kind} ${name.slice(10)}`);
    if (kind === 'crashed') {
      this.kept.push({ name, whole: false, entries: this.#crash(tree) });
      return;
    }
    execFileSync('cp', ['-al', original, tree]);
    pointTo(latest, join('/library/users', relative(dirname(home), tree)));
    this.#linked = name;
    this.kept.push({ name, whole: true, entries: this.#now() });
    if (kind === 'whole') return;
    const second = `${name}-2` as SnapshotName;
    this.#put(this.#random.uuid());
    if (kind === 'nested') {
      execFileSync('cp', ['-al', original, tree]);
      this.kept.push({ name: second, whole: true, entries: this.#now() });
    } else {
      const entries = this.#crash(join(tree, 'datastore-current'));
      this.kept.push({ name: second, whole: false, entries });
    }
  }

  /** The original's cleanup removes whole months; here, any trees that nothing is nested in. */
  thin(): void {
    for (const { name } of [...this.kept]) {
      const isPair = this.kept.some((one) => one.name.startsWith(`${name}-`)) || name.length > 26;
      if (isPair || this.#random.whole(5) > 0 || this.kept.length < 3) continue;
      rmSync(inLaptop(this.#paths, this.#serial).snapshot(name), { recursive: true });
      this.kept = this.kept.filter((one) => one.name !== name);
      this.story.push(
        `thinned ${name.slice(10)}${name === this.#linked ? ' (the link dangles)' : ''}`,
      );
    }
  }

  /** To the account that the laptop had; root only. */
  giveAway(): void {
    if (process.geteuid?.() !== 0) return;
    const { home } = inLaptop(this.#paths, this.#serial);
    for (const file of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      if (file.startsWith('datastore-')) lchownSync(join(home, file), OLD_UID, OLD_UID);
    }
    this.story.push('another owner');
  }

  #now(): Map<string, Files> {
    return new Map([...this.#entries].map(([uid, files]) => [uid, new Map(files)]));
  }

  #put(uid: string): void {
    const random = this.#random;
    const seconds = Math.floor(this.#time / 1000) - random.whole(86_400);
    const mtime = new Date(seconds * 1000).toISOString().slice(0, 19);
    const texts: Record<string, string> = {
      ...{ uid, title: random.pick(['Tortuga', 'Ñandú “x”', '', 'سلحفاة', "it's"]) },
      ...{ mtime, timestamp: String(seconds), keep: random.pick(['0', '1']) },
      ...{ mime_type: 'text/plain', activity: 'org.laptop.Pippy' },
    };
    const files = new Map<string, Buffer>();
    for (const [key, text] of Object.entries(texts))
      files.set(`metadata/${key}`, Buffer.from(text));
    if (random.whole(3) > 0) files.set('metadata/preview', random.bytes(200));
    if (random.whole(5) > 0) files.set('data', random.bytes(random.whole(3000)));
    this.#remove(uid);
    this.#entries.set(uid, files);
    for (const [path, bytes] of this.#placesOf(uid, files)) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
  }

  #remove(uid: string): void {
    const files = this.#entries.get(uid);
    if (!files) return;
    this.#entries.delete(uid);
    for (const [path] of this.#placesOf(uid, files)) rmSync(path);
    const { original } = inLaptop(this.#paths, this.#serial);
    if (this.#layout > 0) rmSync(join(original, uid.slice(0, 2), uid), { recursive: true });
  }

  /** Every file of an entry in the mirror's layout. */
  #placesOf(uid: string, files: Files): Map<string, Buffer> {
    const { original } = inLaptop(this.#paths, this.#serial);
    if (this.#layout > 0) {
      const folder = join(original, uid.slice(0, 2), uid);
      return new Map([...files].map(([file, bytes]) => [join(folder, file), bytes]));
    }
    const values: Record<string, string> = {};
    const places = new Map<string, Buffer>();
    for (const [file, bytes] of files) {
      if (file === 'data') places.set(join(original, 'store', uid), bytes);
      else if (file === 'metadata/preview') places.set(join(original, 'store/preview', uid), bytes);
      // Sugar 0.82 had neither of these; they are made from the rest.
      else if (!['metadata/uid', 'metadata/timestamp'].includes(file)) {
        values[file.slice('metadata/'.length)] = bytes.toString();
      }
    }
    const json = Buffer.from(JSON.stringify(values));
    return places.set(join(original, 'store', `${uid}.metadata`), json);
  }

  /** Sugar was upgraded: its migration moved everything, and wrote dates with a fraction. */
  #upgrade(): void {
    const { original } = inLaptop(this.#paths, this.#serial);
    rmSync(join(original, 'store'), { recursive: true });
    this.#layout = 6;
    writeFileSync(join(original, 'version'), '6');
    for (const [uid, files] of this.#entries) {
      for (const [path, bytes] of this.#placesOf(uid, files)) {
        mkdirSync(dirname(path), { recursive: true });
        const isTime = path.endsWith('/timestamp');
        writeFileSync(path, isTime ? Buffer.concat([bytes, Buffer.from('.0')]) : bytes);
      }
    }
    this.story.push('upgraded');
  }

  /** `cp -al`, killed in the middle. Returns the entries that are in the copy completely. */
  #crash(target: string): Map<string, Files> {
    const { original } = inLaptop(this.#paths, this.#serial);
    const total = readdirSync(original, { recursive: true, withFileTypes: true });
    const files = total.filter((one) => one.isFile()).length;
    const linked = new Set<string>();
    copyUntil(original, target, linked, Math.floor(files * (0.1 + this.#random.unit() * 0.5)));
    const isIn = ([uid, parts]: [string, Files]) =>
      [...this.#placesOf(uid, parts).keys()].every((path) => linked.has(path));
    return new Map([...this.#now()].filter(isIn));
  }
}

/** Returns false when it was killed; a folder gets its mode when everything is in it. */
function copyUntil(from: string, to: string, linked: Set<string>, limit: number): boolean {
  mkdirSync(to, { mode: 0o700 });
  for (const one of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, one.name), join(to, one.name)];
    if (one.isDirectory()) {
      if (!copyUntil(source, target, linked, limit)) return false;
    } else {
      if (linked.size >= limit) return false;
      linkSync(source, target);
      linked.add(source);
    }
  }
  chmodSync(to, statSync(from).mode & 0o777);
  return true;
}

function nameAt(time: number): SnapshotName {
  return `datastore-${new Date(time).toISOString().slice(0, 16).replace('T', '_')}` as SnapshotName;
}
