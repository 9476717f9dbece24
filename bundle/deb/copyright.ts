/**
 * Debian's machine-readable copyright file: ours, and each npm package that is shipped, bundled, as it is or
 * compiled in, with its licence's full text as it came.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DsError } from '../../shared/errors.ts';

interface Shipped {
  name: string;
  version: string;
  licence: string;
  /** The text of its licence file, or what package.json says where it has none. */
  text: string;
}

/** Native modules → the npm package whose sources they are compiled from. */
const COMPILED: Readonly<Record<string, string>> = {
  'node_sqlite3.node': 'sqlite3',
  'node_gtk.node': 'node-gtk',
};
/** Archives in a package's `deps` that its native module is compiled with. */
const SQLITE = /^sqlite-autoconf-(\d)(\d\d)(\d\d)\d\d\.tar\.gz$/;

/**
 * Every npm package that is in a program, each once: those behind `inputs`, paths of esbuild's metafile; those
 * in `shipped`, a folder or names of files, as they are; and what its native modules are compiled from. Throws
 * `internal` for a package that names no licence and a module of unknown origin: they must not be shipped.
 */
export function shippedPackages(
  root: string,
  inputs: readonly string[],
  shipped: string | readonly string[],
): Shipped[] {
  const files =
    typeof shipped === 'string'
      ? readdirSync(shipped, { recursive: true, encoding: 'utf8' })
      : shipped;
  const folders = new Set<string>();
  for (const path of [...inputs, ...files]) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (found) folders.add(found);
  }
  const described: Shipped[] = [];
  for (const path of files.filter((name) => name.endsWith('.node'))) {
    const name = COMPILED[basename(path)];
    if (name === undefined) throw unknown(path, 'of unknown origin', 'name it in COMPILED');
    const folder = `node_modules/${name}`;
    for (const part of [name, ...headersOf(root, folder)]) folders.add(`node_modules/${part}`);
    described.push(...archivesOf(root, folder));
  }
  described.push(...[...folders].map((folder) => describe(root, folder)));
  const named = new Map(described.map((one) => [`${one.name} ${one.version}`, one]));
  return [...named.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The packages whose headers a native module is compiled with: its binding.gyp asks Node.js where they are. */
function headersOf(root: string, folder: string): string[] {
  const gyp = readFileSync(join(root, folder, 'binding.gyp'), 'utf8');
  return [...gyp.matchAll(/require\(\\?['"]([\w@/-]+)\\?['"]\)/g)].map(([, name = '']) => name);
}

/** Sources that come with a package as an archive. */
function archivesOf(root: string, folder: string): Shipped[] {
  const deps = join(root, folder, 'deps');
  if (!existsSync(deps)) return [];
  const archives = readdirSync(deps).filter((name) => /\.(tar\.\w+|tgz|zip)$/.test(name));
  return archives.map((name) => {
    const [, major, minor, patch] = SQLITE.exec(name) ?? [];
    if (major === undefined) throw unknown(name, 'of unknown origin', 'name it beside SQLITE');
    const version = [major, minor, patch].map(Number).join('.');
    const text =
      'The authors of SQLite disclaim copyright to its source code; it is in the public domain (https://www.sqlite.org/copyright.html).';
    return { name: 'SQLite', version, licence: 'public-domain', text };
  });
}

function unknown(what: string, why: string, way: string): DsError {
  return new DsError('internal', `${what} is ${why}`, {
    hint: `${way} in bundle/deb/copyright.ts`,
  });
}

function describe(root: string, folder: string): Shipped {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string | { type: string };
    author?: string | { name: string };
  };
  const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e(\.|$)/i.test(name));
  const full = file === undefined ? undefined : readFileSync(join(root, folder, file), 'utf8');
  const named = typeof manifest.license === 'object' ? manifest.license.type : manifest.license;
  // A few packages have the text only; its title names it.
  const licence = named ?? full?.trim().split('\n', 1)[0]?.trim();
  if (!licence) {
    throw new DsError('internal', `${folder} is bundled and names no licence`, {
      hint: 'look at its sources; without a licence it must not be shipped',
    });
  }
  const author =
    typeof manifest.author === 'object' ? manifest.author.name : (manifest.author ?? 'its authors');
  const text =
    full ?? `Copyright ${author}. Licence: ${licence} (the package has no file with its text).`;
  // Debian has this one on every machine.
  const apache = /Apache License\s+Version 2\.0/.test(text);
  const short = `Copyright ${author}. The text is in /usr/share/common-licenses/Apache-2.0.`;
  const { name, version } = manifest;
  return { name, version, licence: apache ? 'Apache-2.0' : licence, text: apache ? short : text };
}

/** The whole file. */
export function copyrightFile(shipped: readonly Shipped[]): string {
  const ours = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ds-backup

Files: *
Copyright: 2026 The ds-backup founders
License: GPL-3.0-or-later
 On Debian systems the full text is in /usr/share/common-licenses/GPL-3.
`;
  const others = shipped.map(
    ({ name, version, licence, text }) => `
Files: ${name} ${version} (bundled)
Copyright: see the text below
License: ${licence}
${indented(text)}
`,
  );
  return [ours, ...others].join('');
}

function indented(text: string): string {
  return text
    .trim()
    .split(/\r?\n/)
    .map((line) => ` ${line.trim() === '' ? '.' : line}`)
    .join('\n');
}
