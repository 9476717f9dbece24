/**
 * Builds the activity's `.xo` for Sugar's installer: one JavaScript file, node-gtk's native module
 * for the Node.js and the kind of machine that it was built on, icon and catalogues. Elsewhere `run`
 * shows a page that says what is missing. Builds are reproducible.
 *
 *     Backup.activity/
 *       activity/activity.info activity-backup.svg no-node.svg run
 *       backup.cjs node_gtk.node no_node.py
 *       LICENSE COPYRIGHT  ours, and those of all packages in it
 *       browse.dconf       settings in which Browse starts on a registered laptop
 *       source/            what backup.cjs was made of, for Sugar's View Source
 *       locale/<language>/{activity.linfo,LC_MESSAGES/org.sugarlabs.Backup.mo}
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { machine, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { ZipFile } from 'yazl';
import { describeForTerminal } from '../shared/errors.ts';
import { parseCatalogue } from '../shared/words/catalogue.ts';
import { ASK, NAME, NEEDS, SUMMARY } from './activity/names.ts';
import { buildRelease } from './build.ts';
import { copyrightFile, shippedPackages } from './deb/copyright.ts';
import { activityCatalogues } from './messages.ts';
import { makeForAll, openForAll } from './modes.ts';
import { nodeGtk, strippedModule } from './node-gtk.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const BUNDLE_ID = 'org.sugarlabs.Backup';
const FOLDER = 'Backup.activity';
const MODULE = 'node_gtk.node';

/** What the native module is for: the major version of Node.js, and the machine as `uname -m` says it. */
const RUNS_ON = { MAJOR: process.versions.node.split('.')[0] ?? '', MACHINE: machine() };

interface BundleFile {
  name: string;
  content: Buffer;
  executable?: boolean;
}

/** Writes the `.xo` into this folder and returns its path. */
export async function buildXo(into: string): Promise<string> {
  const { files } = await activityFiles();
  mkdirSync(into, { recursive: true });
  const path = join(into, `Backup-${buildRelease().sugarVersion}.xo`);
  writeFileSync(path, await zip(files));
  openForAll(path);
  return path;
}

/** Puts the activity's folder into this one, as Sugar's installer would. */
export async function placeActivity(into: string): Promise<void> {
  const { files } = await activityFiles();
  for (const { name, content, executable } of files) {
    const path = join(into, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: executable ? 0o755 : 0o644 });
  }
}

async function activityFiles(): Promise<{ files: BundleFile[] }> {
  const { code, inputs } = await bundleProgram();
  const rights = copyrightFile(shippedPackages(root, inputs, [MODULE]));
  const files: BundleFile[] = [
    file('activity/activity.info', Buffer.from(activityInfo())),
    file('activity/activity-backup.svg', read('bundle/activity/activity-backup.svg')),
    file('activity/no-node.svg', read('bundle/activity/no-node.svg')),
    { ...file('activity/run', filled('run', RUNS_ON)), executable: true },
    file('no_node.py', filled('no-node.py', { ASK, NEEDS })),
    file('backup.cjs', code),
    file(MODULE, strippedModule()),
    file('browse.dconf', browseSettings()),
    file('LICENSE', read('LICENSE')),
    file('COPYRIGHT', Buffer.from(rights)),
    ...sources(),
    ...activityCatalogues().flatMap(catalogue),
  ];
  return { files };
}

function file(name: string, content: Buffer): BundleFile {
  return { name: `${FOLDER}/${name}`, content };
}

/** A file beside the icon, with these values in place of `@NAME@`. */
function filled(name: string, values: Readonly<Record<string, string>>): Buffer {
  const text = read(`bundle/activity/${name}`).toString();
  return Buffer.from(text.replace(/@([A-Z]+)@/g, (_, key: string) => values[key] ?? ''));
}

/** Reproducible: sorted names and one fixed date. */
async function zip(files: readonly BundleFile[]): Promise<Buffer> {
  const archive = new ZipFile();
  // ZIP stores local time; close to its epoch, 1980, yazl would shift it by the time zone.
  const mtime = new Date(1981, 0, 1);
  for (const { name, content, executable } of files.toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const mode = executable ? 0o100755 : 0o100644;
    const options = { mtime, mode, forceDosTimestamp: true, compressionLevel: 9 };
    archive.addBuffer(content, name, options);
  }
  archive.end();
  return await buffer(archive.outputStream);
}

/** A dconf database of `bundle/activity/browse`. */
function browseSettings(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'ds-browse-'));
  try {
    const database = join(folder, 'browse.dconf');
    execFileSync('dconf', ['compile', database, join(root, 'bundle/activity/browse')]);
    return readFileSync(database);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The activity's own sources, readable: the program itself is one minified file. */
function sources(): BundleFile[] {
  return readdirSync(join(root, 'activity'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|md)$/.test(name))
    .map((name) => file(`source/${name}`, read(join('activity', name))));
}

function read(path: string): Buffer {
  return readFileSync(join(root, path));
}

/** A language's catalogue, and the activity's name in it for Sugar's Home. */
function catalogue({ language, mo }: { language: string; mo: Buffer }): BundleFile[] {
  const { gettext } = parseCatalogue(mo, language);
  const info = `[Activity]\nname = ${gettext(NAME)}\nsummary = ${gettext(SUMMARY)}\n`;
  return [
    file(`locale/${language}/LC_MESSAGES/${BUNDLE_ID}.mo`, mo),
    file(`locale/${language}/activity.linfo`, Buffer.from(info)),
  ];
}

function activityInfo(): string {
  return `[Activity]
name = ${NAME}
summary = ${SUMMARY}
bundle_id = ${BUNDLE_ID}
exec = activity/run
icon = activity-backup
activity_version = ${buildRelease().sugarVersion}
license = GPLv3+
max_participants = 1
single_instance = yes
tags = System
`;
}

async function bundleProgram(): Promise<{ code: Buffer; inputs: string[] }> {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['activity/main.ts'],
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    // node-gtk is CommonJS, and its main loop must not run inside a module's promise.
    format: 'cjs',
    target: 'node20',
    minify: true,
    // Names are kept for stack traces in Sugar's logs.
    keepNames: true,
    legalComments: 'none',
    external: ['x11', 'usocket', './node_gtk.node'],
    alias: { xml2js: join(root, 'bundle/no-xml.ts') },
    plugins: [nodeGtk, cryptoLater],
    logLevel: 'error',
  });
  const inputs = Object.keys(metafile.inputs).sort();
  return { code: Buffer.from(outputFiles[0]?.contents ?? []), inputs };
}

/**
 * dbus-next loads crypto for an authentication method that session buses do not use; loading it
 * costs 2 MB.
 */
const cryptoLater: esbuild.Plugin = {
  name: 'crypto-later',
  setup(build) {
    const namespace = 'later';
    build.onResolve({ filter: /^crypto$/ }, () => ({ path: 'crypto', namespace }));
    build.onLoad({ filter: /^crypto$/, namespace }, () => ({
      contents:
        "module.exports = new Proxy({}, { get: (_, name) => require('node:crypto')[name] })",
    }));
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  makeForAll();
  try {
    const path = await buildXo(join(root, 'dist'));
    const { MAJOR, MACHINE } = RUNS_ON;
    const size = readFileSync(path).length;
    process.stdout.write(`${path}  ${size} bytes, for Node.js ${MAJOR} on ${MACHINE}\n`);
  } catch (error) {
    process.stderr.write(`${describeForTerminal(error)}\n`);
    process.exitCode = 1;
  }
}
