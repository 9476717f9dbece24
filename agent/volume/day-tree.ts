/**
 * The files that Sugar's Journal finds on a stick, of one day at school: a file for each entry, and beside
 * them, in `.Sugar-Metadata`, its properties and its picture. All of it in memory, but for the content.
 */
import type { Digest, Uid } from '../../shared/ids.ts';
import { FileNames } from '../../shared/words/file-name.ts';
import type { Attributes, NamedAttributes } from './sftp-packets.ts';
import type { ShownEntry } from './shown-entry.ts';

export type Node = Attributes &
  (
    | { type: 'folder' }
    /** Properties, or a picture. */
    | { type: 'bytes'; bytes: Buffer }
    | { type: 'content'; uid: Uid; content: Digest }
  );

/** Where Sugar looks for what it knows of the files of a stick. */
const METADATA_FOLDER = '.Sugar-Metadata';
const FOLDER: Node = { type: 'folder', isFolder: true, size: 0, mtime: 0 };

export class DayTree {
  readonly #folders = new Map<string, Map<string, Node>>([
    ['/', new Map()],
    [`/${METADATA_FOLDER}`, new Map()],
  ]);
  readonly #names = new FileNames();
  /** How many entries it has. */
  entries = 0;

  add({ uid, title, mimeType, mtime, content, metadata, preview }: ShownEntry): void {
    const name = this.#names.next(title || uid, mimeType);
    const file = (path: string, name: string, node: Node) => {
      this.#folders.get(path)?.set(name, node);
    };
    const bytes = (bytes: Buffer): Node => {
      return { type: 'bytes', bytes, isFolder: false, size: bytes.length, mtime };
    };
    const { digest, size } = content;
    file('/', name, { type: 'content', uid, content: digest, isFolder: false, size, mtime });
    file(`/${METADATA_FOLDER}`, `${name}.metadata`, bytes(metadata));
    if (preview) file(`/${METADATA_FOLDER}`, `${name}.preview`, bytes(preview));
    this.entries += 1;
  }

  find(path: string): Node | undefined {
    const whole = this.absolute(path);
    if (this.#folders.has(whole)) return FOLDER;
    const at = whole.lastIndexOf('/');
    return this.#folders.get(whole.slice(0, at) || '/')?.get(whole.slice(at + 1));
  }

  /** What is in a folder; undefined where there is none. */
  list(path: string): Iterable<NamedAttributes> | undefined {
    const whole = this.absolute(path);
    const folder = this.#folders.get(whole);
    if (!folder) return undefined;
    const own = ['.', '..', ...(whole === '/' ? [METADATA_FOLDER] : [])];
    return named([...own.map((name) => [name, FOLDER] as const), ...folder]);
  }

  /** Beginning with `/`, without `.` and a slash at its end. */
  absolute(path: string): string {
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    return `/${parts.join('/')}`;
  }
}

function* named(entries: Iterable<readonly [string, Node]>): Generator<NamedAttributes> {
  for (const [name, { isFolder, size, mtime }] of entries) yield { name, isFolder, size, mtime };
}
