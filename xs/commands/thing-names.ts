import { join } from 'node:path';
import { parseSerial, parseUid, type Serial, tryParse, type Uid } from '../../shared/ids.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { titleIn } from '../pins/title-in.ts';
import { ifReadable } from '../storage/checked-entry.ts';
import type { Paths } from '../storage/paths.ts';
import { listSnapshots } from '../storage/snapshots.ts';
import { nickOnDisk } from './arguments.ts';
import { counted } from './lines.ts';

export interface ThingName {
  /** Empty where nobody knows. */
  nick: string;
  title: string;
}

/** Titles are looked for in other days; more of them are not: a disk that dies has thousands. */
const MAX_LOOKED_FOR = 200;

/** For one list of files. */
export class ThingNames {
  readonly #paths: Paths;
  readonly #nicks = new Map<Serial, string>();
  readonly #titles = new Map<string, string>();
  readonly #leftOut = new Set<string>();
  readonly #folders = new Map<Serial, readonly string[]>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /** How many things had no title looked for, because there were too many. */
  get untitled(): number {
    return this.#leftOut.size;
  }

  /** The line about them, at the end of the list. */
  leftOut(): string[] {
    if (this.untitled === 0) return [];
    const things = counted(this.untitled, 'more thing');
    return [`the titles of ${things} were not looked up`];
  }

  /** `name` is relative to the library: `CSN…/datastore-…/<uid>.metadata`. */
  of(name: string): ThingName {
    const parts = name.split('/');
    const serial = tryParse(parseSerial, parts[0]);
    if (!serial) return { nick: '', title: '' };
    const file = parts.at(-1) ?? '';
    const uid = tryParse(parseUid, file.replace(METADATA_SUFFIX, ''));
    const nick = this.#nicks.get(serial) ?? nickOnDisk(this.#paths, serial);
    this.#nicks.set(serial, nick);
    if (!uid) return { nick, title: '' };
    const folder = join(this.#paths.library, ...parts.slice(0, -1));
    return { nick, title: this.#titleOf(serial, uid, { folder, isSound: file === uid }) };
  }

  /** The name, and behind it what people call it: `…  Jocinta: "Mi casa"`. */
  line(name: string): string {
    const { nick, title } = this.of(name);
    const called = [nick, title && JSON.stringify(title)].filter(Boolean).join(': ');
    return called === '' ? name : `${name}  ${called}`;
  }

  /** Of the same day, if its metadata are sound; else of the newest other day that has one. */
  #titleOf(serial: Serial, uid: Uid, { folder, isSound }: { folder: string; isSound: boolean }) {
    const key = `${serial} ${uid}`;
    const known = this.#titles.get(key);
    if (known !== undefined) return known;
    if (this.#titles.size >= MAX_LOOKED_FOR) {
      this.#leftOut.add(key);
      return '';
    }
    const days = this.#folders.get(serial) ?? this.#daysOf(serial);
    this.#folders.set(serial, days);
    const others = days.filter((one) => one !== folder);
    let title = '';
    for (const one of isSound ? [folder, ...others] : [...others, folder]) {
      title = titleIn(one, uid);
      if (title !== '') break;
    }
    this.#titles.set(key, title);
    return title;
  }

  #daysOf(serial: Serial): readonly string[] {
    return ifReadable(() => listSnapshots(this.#paths, serial)).map(({ folder }) => folder);
  }
}
