/**
 * The package ds-backup-node: a whole Node.js for systems whose own is older than 20, Debian 12 above all.
 * It is the binary that this build runs with, as it was released, with its licences.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DsError } from '../../shared/errors.ts';

/** Where `bundle/start-node` looks for it. */
const PLACE = 'usr/lib/ds-backup-node/node';
/** What every Debian has; Debian's own Node is linked with thirty libraries more, and runs only there. */
const EVERYWHERE = /^(lib(c|m|dl|pthread|rt|stdc\+\+|gcc_s)\.so|ld-linux)/;

/** Debian's version of the package: that of the Node.js in it. */
export const NODE_VERSION = `${process.versions.node}-1`;

/** Whether the Node.js that runs this can be taken to another machine. */
export function isPortable(binary: string = process.execPath): boolean {
  const read = execFileSync('readelf', ['-d', binary], { encoding: 'utf8' });
  const needed = [...read.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name = '']) => name);
  return process.versions.modules === '115' && needed.every((name) => EVERYWHERE.test(name));
}

/** Puts the binary below `tree`, without what only a debugger reads. */
export function placeNode(tree: string): void {
  const target = join(tree, PLACE);
  mkdirSync(dirname(target), { recursive: true });
  execFileSync('strip', ['--strip-unneeded', '-o', target, process.execPath]);
  const overrides = join(tree, 'usr/share/lintian/overrides/ds-backup-node');
  cpSync(fileURLToPath(new URL('ds-backup-node.lintian-overrides', import.meta.url)), overrides);
}

/** The licences of Node.js and of all that is in it. Throws `not-found` where they do not lie beside the binary. */
export function nodeCopyright(binary: string = process.execPath): string {
  const prefix = dirname(dirname(binary));
  const places = ['share/doc/nodejs/LICENSE', 'share/doc/node/LICENSE', 'LICENSE'];
  const found = places.map((place) => join(prefix, place)).find((path) => existsSync(path));
  if (!found) {
    throw new DsError('not-found', `the licence of ${binary} is not beside it`, {
      hint: `put LICENSE of its release into ${prefix}; without it nobody may be given a copy`,
    });
  }
  return `Node.js ${process.versions.node}, unchanged but for the debug symbols, from https://nodejs.org\n\n${readFileSync(found, 'utf8')}`;
}
