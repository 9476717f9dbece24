/**
 * The class page as files that open from any disk: pages without scripts, pictures, and the files under
 * readable names. Only what is approved now. What is not known to be harmless gets the ending of a text, so
 * that a stick with children's things on it does nothing by itself.
 */
import { createWriteStream, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DsError } from '../../shared/errors.ts';
import { fsyncFile, fsyncFolder } from '../../shared/system/files.ts';
import { FileNames } from '../../shared/words/file-name.ts';
import type { Words } from '../../shared/words/words.ts';
import type { SchoolOffer } from '../class-page/offers.ts';
import { isUnreadable } from '../storage/checked-entry.ts';
import type { Paths } from '../storage/paths.ts';
import { ClassFiles, type ClassThing, pictureOf, readThing } from './class-thing.ts';
import { pageName, type ShownThing, staticPage } from './static-page.tsx';

export interface Exported {
  things: number;
  /** Titles of things whose file is not there: damaged, or a picture that cannot be cleaned. */
  withoutFile: string[];
  /** Things that are damaged altogether. */
  leftOut: number;
  /** Things that were approved when it began, and were refused or taken back meanwhile. */
  ended: number;
}

export interface ExportOptions {
  paths: Paths;
  /** In the order in which they are shown. */
  offers: readonly SchoolOffer[];
  /** Whether it is approved now, as the disk says. Throws when there is no class page any more. */
  isApproved: (offer: SchoolOffer) => boolean;
  words: Words;
  language: string;
  /** When it is made, in seconds since 1970. */
  made: number;
  signal: AbortSignal;
  onThing: (done: number) => void;
}

const PER_PAGE = 50;

interface Written extends ShownThing {
  offer: SchoolOffer;
}

/**
 * Writes into `folder`, which is empty: the pages last, so that what was cut off has none. A no holds while it runs:
 * each thing is asked about before it is written, and all of them before the pages.
 */
export async function exportClass(folder: string, options: ExportOptions): Promise<Exported> {
  const { offers, isApproved, signal, onThing } = options;
  mkdirSync(join(folder, 'files'));
  mkdirSync(join(folder, 'pictures'));
  const writer = new Writer(folder, options);
  const written: Written[] = [];
  const damaged: SchoolOffer[] = [];
  for (const offer of offers) {
    signal.throwIfAborted();
    if (!isApproved(offer)) continue;
    const thing = readThing(options.paths, offer);
    if (!thing) {
      damaged.push(offer);
      continue;
    }
    const file = await writer.file(offer, thing);
    written.push({ offer, thing, file, picture: writer.picture(offer, written.length + 1) });
    onThing(written.length);
  }
  const shown = written.filter(({ offer, ...one }) => isApproved(offer) || remove(folder, one));
  const leftOut = damaged.filter(isApproved).length;
  writePages(folder, shown, options);
  for (const one of ['files', 'pictures', '.']) fsyncFolder(join(folder, one));
  const withoutFile = shown.flatMap(({ thing, file }) => {
    return thing.hasFile && file === '' ? [thing.title] : [];
  });
  const things = shown.length;
  return { things, withoutFile, leftOut, ended: offers.length - things - leftOut };
}

/** What was written of a thing. Returns false. */
function remove(folder: string, { file, picture }: ShownThing): false {
  for (const one of [file, picture]) if (one !== '') rmSync(join(folder, one), { force: true });
  return false;
}

function writePages(
  folder: string,
  shown: readonly ShownThing[],
  { words, language, made }: ExportOptions,
): void {
  const pages = Math.max(1, Math.ceil(shown.length / PER_PAGE));
  // The first one last: it is the one that people open.
  for (let page = pages; page >= 1; page -= 1) {
    const things = shown.slice((page - 1) * PER_PAGE, page * PER_PAGE);
    const path = join(folder, pageName(page));
    writeFileSync(path, staticPage(words, { language, made, page, pages, things }), { flag: 'wx' });
    fsyncFile(path);
  }
}

class Writer {
  readonly #folder: string;
  readonly #options: ExportOptions;
  readonly #files: ClassFiles;
  readonly #names = new FileNames();

  constructor(folder: string, options: ExportOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#files = new ClassFiles(options.paths);
  }

  /** The name of its picture beside the page. */
  picture(offer: SchoolOffer, n: number): string {
    const picture = pictureOf(this.#options.paths, offer);
    if (!picture) return '';
    const name = `pictures/${n}.png`;
    writeFileSync(join(this.#folder, name), picture, { flag: 'wx' });
    fsyncFile(join(this.#folder, name));
    return name;
  }

  /** The name of its file beside the page; empty for none, and for what is damaged. */
  async file(offer: SchoolOffer, { title }: ClassThing): Promise<string> {
    const draft = join(this.#folder, 'files', '.being-written');
    try {
      const file = await this.#files.find(offer);
      if (file === null || file === 'unclean') return '';
      const { signal } = this.#options;
      await pipeline(await file.open(), createWriteStream(draft, { flags: 'wx' }), { signal });
      fsyncFile(draft);
      const name = `files/${nameOf(this.#names, title, file.type, await startOf(draft))}`;
      renameSync(draft, join(this.#folder, name));
      return name;
    } catch (error) {
      rmSync(draft, { force: true });
      const isDamaged = error instanceof DsError && error.code === 'damaged';
      if (isDamaged || isUnreadable(error)) return '';
      throw error;
    }
  }
}

/**
 * What a browser or a system shows or plays, and never runs. Everything else becomes a text: which endings run is
 * another list on every system, and longer with every year.
 */
const SHOWN = new Set([
  ...[
    'jpg',
    'jpe',
    'jpeg',
    'png',
    'gif',
    'bmp',
    'djv',
    'djvu',
    'pdf',
    'epub',
    'txt',
    'md',
    'csv',
    'json',
  ],
  ...['odt', 'ods', 'odp', 'odg', 'rtf', 'docx', 'xlsx', 'pptx', 'zip', 'tar', 'gz'],
  ...['oga', 'ogg', 'opus', 'spx', 'mp3', 'mpga', 'm4a', 'aac', 'flac', 'wav', 'mid', 'midi'],
  ...['ogv', 'ogx', 'webm', 'weba', 'mp4', 'm4v', 'mpg', 'mpeg', 'mov', 'qt', 'avi', 'mkv', '3gp'],
  // Of activities: Turtle, Etoys, Scratch, and music.
  ...['ta', 'tb', 'lg', 'pr', 'sb', 'sb2', 'sb3', 'abc', 'ly'],
]);

/** A name for the file; with the ending of a text where opening it may run something. Pure, but for `names`. */
export function nameOf(names: FileNames, title: string, type: string, start: Buffer): string {
  const name = names.next(title, type);
  // With a blank in it, it is the rest of a sentence.
  const [, ending = 'txt'] = /\.([^.\s]+)$/.exec(name) ?? [];
  const isShown = SHOWN.has(ending.toLowerCase()) && !mayRun(start);
  return isShown ? name : names.next(`${name}.txt`, 'text/plain');
}

/** Browsers take a file for a page, and systems for a program, by how it begins, whatever its name is. */
function mayRun(start: Buffer): boolean {
  const text = start.toString('latin1').replace(/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '');
  return /^([\s\0]*<|#!|\x7fELF|MZ)|\[Desktop Entry\]/.test(text);
}

async function startOf(path: string): Promise<Buffer> {
  await using file = await open(path);
  const start = Buffer.alloc(1024);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  return start.subarray(0, bytesRead);
}
