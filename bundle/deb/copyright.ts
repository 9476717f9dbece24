/**
 * Debian's machine-readable copyright file: ours, and each npm package whose code is bundled, with its
 * licence's full text as it came.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';

interface Bundled {
  name: string;
  version: string;
  licence: string;
  /** The text of its licence file, or what package.json says where it has none. */
  text: string;
}

/**
 * The npm packages behind these paths of esbuild's metafile (`node_modules/NAME/…`), each once. Throws
 * `internal` for one that names no licence: such code must not be shipped.
 */
export function bundledPackages(root: string, inputs: readonly string[]): Bundled[] {
  const folders = new Set<string>();
  for (const input of inputs) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (found) folders.add(found);
  }
  return [...folders].sort().map((folder) => describe(root, folder));
}

function describe(root: string, folder: string): Bundled {
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
export function copyrightFile(bundled: readonly Bundled[]): string {
  const ours = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ds-backup

Files: *
Copyright: 2026 The ds-backup founders
License: GPL-3.0-or-later
 On Debian systems the full text is in /usr/share/common-licenses/GPL-3.
`;
  const others = bundled.map(
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
