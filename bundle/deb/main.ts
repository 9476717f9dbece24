/**
 * `npm run package [-- NAME…]`: makes the Debian packages in dist/packages, without root, for the architecture of
 * this machine. The same sources give the same bytes: one date for every file (SOURCE_DATE_EPOCH, else
 * that of the last commit), owned by root, sorted; whoever builds them and in whatever locale.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { DsError, describeForTerminal } from '../../shared/errors.ts';
import { build, buildRelease, distFolder } from '../build.ts';
import { makeForAll, openForAll } from '../modes.ts';
import { placeActivity } from '../xo.ts';
import { isPortable, nodeCopyright, placeNode } from './node.ts';
import { controlFile, MAINTAINER, type Package, packages } from './packages.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const SUITE = 'unstable';
const BUNDLED_NODE = 'ds-backup-node';
const ACTIVITY = 'Backup.activity';

/** Makes packages in `into`, all or those that are named; returns their paths. ds-backup-node only where `isPortable`. */
export async function makePackages(into: string, names?: readonly string[]): Promise<string[]> {
  await build();
  const { version, time } = buildRelease();
  const work = mkdtempSync(join(tmpdir(), 'ds-backup-deb-'));
  mkdirSync(into, { recursive: true });
  try {
    const paths: string[] = [];
    for (const it of packages(architecture(), version)) {
      if (names && !names.includes(it.name)) continue;
      if (it.name === BUNDLED_NODE && !isPortable()) continue;
      const tree = join(work, it.name);
      await fill(it, tree);
      addDocuments(it, tree, time);
      addControl(it, tree);
      paths.push(pack(it, tree, into, time));
    }
    return paths;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Debian's word for this machine. */
function architecture(): string {
  return execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
}

/** Puts the files of a package below `tree`, its copyright too. */
async function fill(it: Package, tree: string): Promise<void> {
  mkdirSync(tree, { recursive: true });
  const rights = join(tree, 'usr/share/doc', it.name, 'copyright');
  mkdirSync(dirname(rights), { recursive: true });
  if (it.name === BUNDLED_NODE) {
    placeNode(tree);
    writeFileSync(rights, nodeCopyright());
    return;
  }
  if (it.name === 'sugar-activity-backup') {
    const place = join(tree, 'usr/share/sugar/activities');
    await placeActivity(place);
    keepNativeApart(tree);
    renameSync(join(place, ACTIVITY, 'COPYRIGHT'), rights);
    return;
  }
  const part = it.name === 'xs-backup' ? 'server' : 'laptop';
  execFileSync('sh', [join(root, 'bundle/install.sh'), part, '--destdir', tree]);
  const program = it.name === 'xs-backup' ? 'xs-backup' : 'ds-backup';
  leaveOut(join(tree, 'usr/lib', program), /\.map$|\.LEGAL\.txt$/);
  stripModules(tree);
  // Switched on by postinst: a link that the package owned, an admin could not take away.
  rmSync(join(tree, 'etc/systemd'), { recursive: true, force: true });
  // Debian looks for it under the name of the package.
  const placed = join(tree, 'usr/share/doc', program, 'copyright');
  if (placed !== rights) {
    renameSync(placed, rights);
    rmdirSync(dirname(placed));
  }
}

/** usr/share is for every architecture; what is of one belongs in usr/lib. */
function keepNativeApart(tree: string): void {
  const native = 'usr/lib/sugar-activity-backup/node_gtk.node';
  const place = `usr/share/sugar/activities/${ACTIVITY}/node_gtk.node`;
  mkdirSync(dirname(join(tree, native)), { recursive: true });
  renameSync(join(tree, place), join(tree, native));
  symlinkSync(relative(dirname(`/${place}`), `/${native}`), join(tree, place));
}

/** Native modules without what only a debugger reads, and not marked as programs. */
function stripModules(tree: string): void {
  for (const path of filesIn(tree).filter((name) => name.endsWith('.node'))) {
    execFileSync('strip', ['--strip-unneeded', path]);
    chmodSync(path, 0o644);
  }
}

function leaveOut(folder: string, pattern: RegExp): void {
  for (const name of readdirSync(folder)) if (pattern.test(name)) rmSync(join(folder, name));
}

function addDocuments(it: Package, tree: string, time: number): void {
  const doc = join(tree, 'usr/share/doc', it.name);
  const date = new Date(time * 1000).toUTCString().replace('GMT', '+0000');
  const entry = `${it.name} (${it.version}) ${SUITE}; urgency=medium

  * See CHANGELOG.md of the project for what is new for its users.

 -- ${MAINTAINER}  ${date}
`;
  writeFileSync(join(doc, 'changelog.Debian.gz'), gzip(Buffer.from(entry)));
  writeFileSync(join(doc, 'changelog.gz'), gzip(readFileSync(join(root, 'CHANGELOG.md'))));
  for (const page of pagesOf(tree)) {
    writeFileSync(`${page}.gz`, gzip(readFileSync(page)));
    rmSync(page);
  }
}

function pagesOf(tree: string): string[] {
  const folder = join(tree, 'usr/share/man');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.gz'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Without a name and a time of its own. */
function gzip(content: Buffer): Buffer {
  return gzipSync(content, { level: 9 });
}

function addControl(it: Package, tree: string): void {
  const control = join(tree, 'DEBIAN');
  mkdirSync(control);
  for (const [name, source] of Object.entries(it.scripts)) {
    cpSync(join(here, source), join(control, name));
    chmodSync(join(control, name), 0o755);
  }
  if (it.conffiles.length > 0) {
    writeFileSync(join(control, 'conffiles'), `${it.conffiles.join('\n')}\n`);
  }
  const kib = Math.ceil(
    filesIn(tree)
      .filter((path) => !path.startsWith(control))
      .reduce((sum, path) => sum + Math.ceil(statSync(path).size / 1024), 0),
  );
  writeFileSync(join(control, 'control'), controlFile(it, kib));
  writeFileSync(join(control, 'md5sums'), sumsOf(tree, control));
}

/** Sorted by code units, whatever the locale of whoever builds. */
function sumsOf(tree: string, control: string): string {
  const paths = filesIn(tree).filter((path) => !path.startsWith(control));
  const sum = (path: string) => createHash('md5').update(readFileSync(path)).digest('hex');
  return paths
    .sort()
    .map((path) => `${sum(path)}  ${relative(tree, path)}\n`)
    .join('');
}

function pack(it: Package, tree: string, into: string, time: number): string {
  openForAll(tree);
  for (const path of [...filesIn(tree), ...foldersIn(tree)]) utimesSync(path, time, time);
  const path = join(into, `${it.name}_${it.version}_${it.architecture}.deb`);
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(time) };
  // Level 9 costs a minute for 90 MB of Node, and saves a tenth.
  const level = it.name === BUNDLED_NODE ? '-z2' : '-z9';
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', level, '--build', tree, `${path}.tmp`], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  openForAll(`${path}.tmp`);
  renameSync(`${path}.tmp`, path);
  return path;
}

function filesIn(folder: string): string[] {
  return entriesIn(folder, (entry) => entry.isFile());
}

function foldersIn(folder: string): string[] {
  return [folder, ...entriesIn(folder, (entry) => entry.isDirectory())];
}

function entriesIn(
  folder: string,
  which: (entry: { isFile(): boolean; isDirectory(): boolean }) => boolean,
): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(which)
    .map((entry) => join(entry.parentPath, entry.name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  makeForAll();
  try {
    const names = process.argv.slice(2);
    const known = packages('', '').map(({ name }) => name);
    const other = names.find((name) => !known.includes(name));
    if (other !== undefined) {
      throw new DsError('usage', `there is no package ${other}`, { hint: known.join(', ') });
    }
    const into = join(distFolder, 'packages');
    for (const path of await makePackages(into, names.length > 0 ? names : undefined)) {
      process.stdout.write(`${path}  ${statSync(path).size} bytes\n`);
    }
  } catch (error) {
    process.stderr.write(`${describeForTerminal(error)}\n`);
    process.exitCode = 1;
  }
}
