/**
 * A Journal with every oddity that was found on real laptops, mixed with plain entries: the same one for the
 * same seed.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../shared/random.ts';
import { generateJournal } from './generator.ts';

/** Makes an entry odd, whose folder this is. */
type Oddity = (folder: string) => void;

const property =
  (name: string, value: string | Buffer): Oddity =>
  (folder) =>
    writeFileSync(join(folder, 'metadata', name), value);

const without =
  (name: string): Oddity =>
  (folder) =>
    rmSync(join(folder, 'metadata', name), { force: true });

const instead =
  (of: 'data' | 'metadata', make: (path: string) => void): Oddity =>
  (folder) => {
    rmSync(join(folder, of), { recursive: true, force: true });
    make(join(folder, of));
  };

const beside =
  (make: (path: string) => void): Oddity =>
  (folder) =>
    make(join(folder, 'metadata', 'odd'));

const fifo = (path: string) => void execFileSync('mkfifo', [path]);
const folder = (path: string) => mkdirSync(path);
const link = (path: string) => symlinkSync('/etc/hostname', path);

const ODDITIES: Readonly<Record<string, Oddity>> = {
  'a property whose name is not text': (entry) => {
    const name = Buffer.concat([Buffer.from(join(entry, 'metadata', 'x')), Buffer.from([0xff])]);
    writeFileSync(name, 'x');
  },
  'a folder among the properties': beside(folder),
  'a pipe among the properties': beside(fifo),
  'a link among the properties': beside(link),
  'a property __proto__': property('__proto__', '{}'),
  'a property constructor': property('constructor', 'x'),
  'a property of 600 kB': property('huge', Buffer.alloc(600_000, 'x')),
  'a property of 9 MB': property('huge', Buffer.alloc(9 * 1024 * 1024)),
  'a thousand properties too many': (entry) => {
    for (let n = 0; n < 1100; n += 1) property(`p${n}`, '')(entry);
  },
  'an activity of 244 bytes': property('activity', 'a'.repeat(244)),
  'a mime type of 300 bytes': property('mime_type', 'm'.repeat(300)),
  'a title that is not text': property('title', Buffer.from([0xff, 0xfe, 0x41])),
  'a title with controls': property('title', '\u001b]0;x\u0007\u202e\0'),
  'an empty timestamp': property('timestamp', ''),
  'a timestamp of words': property('timestamp', 'yesterday'),
  'a timestamp of the far future': property('timestamp', '99999999999'),
  'a timestamp of 9e99': property('timestamp', '9e99'),
  'a timestamp in milliseconds': property('timestamp', '1795348800123'),
  'a timestamp with a fraction': property('timestamp', '1795348800.75'),
  'a timestamp before 1970': property('timestamp', '-86400'),
  'no timestamp': without('timestamp'),
  'neither timestamp nor time of creation': (entry) => {
    without('timestamp')(entry);
    without('creation_time')(entry);
  },
  'a time of creation of 9e99': property('creation_time', '9e99'),
  'an empty time of creation': property('creation_time', ''),
  'a title of no letters': property('title', ''),
  'no title': without('title'),
  'a wrong file size': property('filesize', '7'),
  'the uid of another entry': property('uid', '00000000-0000-4000-8000-000000000000'),
  'a temporary file that stayed': property('.title', ''),
  'no properties': instead('metadata', folder),
  'no folder of properties': instead('metadata', () => {}),
  'a file for the folder of properties': instead('metadata', (path) => writeFileSync(path, '')),
  'a content of 0 bytes': instead('data', (path) => writeFileSync(path, '')),
  'no content': instead('data', () => {}),
  'a folder for its content': instead('data', folder),
  'a pipe for its content': instead('data', fifo),
  'a link for its content': instead('data', link),
};

/** Names that Sugar takes for an entry's, and we do not for a uid: one letter of a uid is replaced. */
const ODD_LETTERS = ['_', '.', ' ', 'é'];

export interface HostileJournal {
  /** Names of entries with nothing odd about them. */
  plain: string[];
  /** Name of an odd entry → what is odd about it. */
  odd: Map<string, string>;
}

/** Makes the Journal; the odd entries are more than these, one for each oddity. */
export function hostileJournal(root: string, plain: number, seed: number): HostileJournal {
  const names = Object.keys(ODDITIES);
  const count = plain + names.length + ODD_LETTERS.length;
  const uids = generateJournal(root, { entries: count, seed });
  const random = seeded(seed);
  const odd = new Map<string, string>();
  const place = (uid: string) => join(root, uid.slice(0, 2), uid);
  const left = [...uids];
  const take = () => left.splice(random.below(left.length), 1)[0] as string;
  for (const name of names) {
    const uid = take();
    // Oddities of the content need one.
    writeFileSync(join(place(uid), 'data'), `content ${uid}`);
    writeFileSync(join(place(uid), 'metadata', 'filesize'), String(`content ${uid}`.length));
    ODDITIES[name]?.(place(uid));
    odd.set(uid, name);
  }
  for (const letter of ODD_LETTERS) {
    const uid = take();
    const name = `${uid.slice(0, -2)}${letter}${uid.slice(-1)}`;
    renameSync(place(uid), place(name));
    writeFileSync(join(place(name), 'metadata', 'uid'), name);
    odd.set(name, `the letter "${letter}" in its name`);
  }
  return { plain: left, odd };
}
