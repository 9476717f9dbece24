/**
 * Makes dist/: both programs as plain JavaScript with nothing left to install, so that the folder
 * can be copied to another place and run there by another user.
 *
 *     dist/ds-backup.mjs  xs-backup.mjs  the programs
 *     dist/ds-backup.cjs                 all of the laptop's, in one file: V8 keeps it compiled
 *     dist/part-*.mjs                    what the server's imports lazily
 *     dist/ssh/ds-session.sh             read by xs through `import.meta.url`
 *     dist/stick/install.sh              goes on a stick; read likewise
 *     dist/pages/style.css, teacher/teacher.css   of the pages; read likewise
 *     dist/locale/                       the words of the pages in other languages; read likewise
 *     dist/share/                        the manual pages, and completion for bash
 *     dist/node_modules/                 sqlite3, whose native part cannot be bundled
 *     dist/<program>.files               what one program needs of all this, a path a line
 *     dist/.inputs.<program>             the sources that went into its bundles, a path a line
 *     dist/.release                      its version, and the time of its files (bundle/release.ts)
 *
 * A new dist/ takes the place of the old one whole. Nothing is done when nothing has changed.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { DsError, describeForTerminal } from '../shared/errors.ts';
import { lockFile } from '../shared/system/lock.ts';
import { copyrightFile, shippedPackages } from './deb/copyright.ts';
import { bashCompletion, manualPage } from './manual.ts';
import { writeCatalogues } from './messages.ts';
import { makeForAll, openForAll } from './modes.ts';
import { type Release, releaseOf, stamped } from './release.ts';
import { serverCompletion, serverPage, settingsPage } from './server-manual.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where the programs are after build(). */
export const distFolder: string = join(root, 'dist');

/** Starts a program as an installed one is started: with a fitting Node.js, and the agent with its flags. */
export const startNode: string = join(root, 'bundle/start-node');

/** Program → the module it starts with. */
const PROGRAMS = { 'ds-backup': 'bundle/start.ts', 'xs-backup': 'xs/main.ts' };
/** What `bundle/start.ts` runs. */
const WHOLE = { 'ds-backup': 'agent/main.ts' };
const WHOLE_FILE = 'ds-backup.cjs';
/** What the laptop's program has in place of `import.meta.url`; see `shared/system/code-cache.ts`. */
const OWN_URL = '__ownUrl';
/** Parts of packages that we never run, and what stands in for them. */
const OF_GOT = {
  'http2-wrapper': join(root, 'bundle/no-http2.ts'),
  'cacheable-request': join(root, 'bundle/no-cache.ts'),
};
const STAND_INS = {
  'ds-backup': { ...OF_GOT, xml2js: join(root, 'bundle/no-xml.ts') },
  'xs-backup': {
    ...OF_GOT,
    '@fastify/ajv-compiler': join(root, 'bundle/no-schemas.cts'),
    '@fastify/fast-json-stringify-compiler': join(root, 'bundle/no-schemas.cts'),
    'light-my-request': join(root, 'bundle/no-inject.cts'),
  },
} as const;
const PROGRAM_NAMES = ['ds-backup', 'xs-backup'] as const;
type Program = (typeof PROGRAM_NAMES)[number];
/** Files that programs read beside themselves, as `[in the tree, in dist]`. */
const ASSETS = [
  ['xs/ssh/ds-session.sh', 'ssh/ds-session.sh'],
  ['xs/stick/install.sh', 'stick/install.sh'],
  ['xs/pages/style.css', 'pages/style.css'],
  ['xs/pages/teacher/teacher.css', 'pages/teacher/teacher.css'],
] as const;
/** Manual pages, and completion for bash. */
const SHARED: Readonly<Record<string, () => string>> = {
  'ds-backup.1': manualPage,
  'ds-backup.bash': bashCompletion,
  'xs-backup.8': serverPage,
  'xs-backup.conf.5': settingsPage,
  'xs-backup.bash': serverCompletion,
};
/** What a program reads beside its own code. */
const NEIGHBOURS: Record<keyof typeof PROGRAMS, readonly string[]> = {
  'ds-backup': [WHOLE_FILE, 'locale', 'node_modules'],
  'xs-backup': ['locale', 'node_modules', ...ASSETS.map(([, place]) => place)],
};
/** sqlite3 is copied; the other two are optional parts of dbus-next that we do without. */
export const EXTERNAL: string[] = ['sqlite3', 'x11', 'usocket'];
/** What sqlite3 needs when it runs; the rest of it is for building it. */
const NATIVE_PARTS = [
  'sqlite3/package.json',
  'sqlite3/LICENSE',
  'sqlite3/lib',
  'sqlite3/build/Release/node_sqlite3.node',
  'bindings/package.json',
  'bindings/LICENSE.md',
  'bindings/bindings.js',
  'file-uri-to-path/package.json',
  'file-uri-to-path/LICENSE',
  'file-uri-to-path/index.js',
];
/** Everything a build depends on. */
const SOURCES = ['activity/po', 'agent', 'shared', 'xs', 'bundle', 'package-lock.json'];

/** CommonJS packages in an ES module: they expect these three names (in every chunk). */
export const CJS_NAMES: string = `import { createRequire as __createRequire } from 'node:module';
import { dirname as __dirnameOf } from 'node:path';
import { fileURLToPath as __pathOf } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __pathOf(import.meta.url);
const __dirname = __dirnameOf(__filename);`;

const HASHBANG = '#!/usr/bin/env node\n';
const STAMP = '.made-of';
const INPUTS = '.inputs';
const RELEASE = '.release';

/** Brings dist/ up to date; returns whether there was anything to do. Calls may overlap. */
export async function build(from: string = root): Promise<boolean> {
  const packages = join(from, 'node_modules');
  const dist = join(from, 'dist');
  if (isUpToDate(from, dist)) return false;
  const cache = join(packages, '.cache', 'ds-backup');
  mkdirSync(cache, { recursive: true });
  await using _lock = await lockFile(join(cache, 'build.lock'), {
    env: process.env,
    waitSeconds: 60,
  });
  if (isUpToDate(from, dist)) return false;
  // Taken before: what changes while we build is built the next time.
  const release = buildRelease(from);
  const stamp = fingerprint(from, release);
  const fresh = join(cache, 'dist');
  rmSync(fresh, { recursive: true, force: true });
  await bundlePrograms(from, dist, fresh, release);
  for (const [source, place] of ASSETS) copy(join(from, source), join(fresh, place));
  writeCatalogues(join(fresh, 'locale'), 'ds-backup');
  mkdirSync(join(fresh, 'share'));
  for (const [name, content] of Object.entries(SHARED)) {
    writeFileSync(join(fresh, 'share', name), content());
  }
  for (const part of NATIVE_PARTS) copyPackagePart(packages, fresh, part);
  checkNeighbours(fresh);
  for (const program of PROGRAM_NAMES) {
    const shipped = shippedPackages(from, readInputs(fresh, program), fresh);
    writeFileSync(join(fresh, 'share', `${program}.copyright`), copyrightFile(shipped));
  }
  writeFileSync(join(fresh, RELEASE), `${release.version} ${release.time}\n`);
  writeFileSync(join(fresh, STAMP), stamp);
  openForAll(fresh);
  replaceFolder(dist, fresh, join(cache, 'dist.old'));
  return true;
}

/** The sources in the bundles of a program in dist/, as paths in the tree. */
export const bundledInputs = (program: Program): string[] => readInputs(distFolder, program);

function readInputs(folder: string, program: Program): string[] {
  return readFileSync(join(folder, `${INPUTS}.${program}`), 'utf8')
    .trim()
    .split('\n');
}

/** The version that a build of this tree has, and the time of its files. */
export function buildRelease(from: string = root): Release {
  return releaseOf(from, SOURCES, process.env);
}

/** Bundles as for `dist` (source maps tell the way from there) but writes into `fresh`. */
async function bundlePrograms(
  from: string,
  dist: string,
  fresh: string,
  { version }: Release,
): Promise<void> {
  const common = {
    absWorkingDir: from,
    outdir: dist,
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    target: 'node20',
    // Names stay whole, for the stack traces in a teacher's bug report.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'external',
    sourcemap: 'linked',
    sourcesContent: false,
    external: EXTERNAL,
    plugins: [stamped(version)],
    logLevel: 'error',
  } satisfies esbuild.BuildOptions;
  const { outputFiles, metafile } = await esbuild.build({
    ...common,
    alias: STAND_INS['xs-backup'],
    entryPoints: PROGRAMS,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    // Keeps `await import()` lazy: its modules become files of their own. All stay in one folder,
    // or `import.meta.url` would mean another place in each.
    splitting: true,
    chunkNames: 'part-[hash]',
    banner: { js: CJS_NAMES },
  });
  const whole = await esbuild.build({
    ...common,
    alias: STAND_INS['ds-backup'],
    entryPoints: WHOLE,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    supported: { 'dynamic-import': false }, // modules are set up when they are first asked for
    define: { 'import.meta.url': OWN_URL },
  });
  mkdirSync(fresh, { recursive: true });
  for (const file of [...outputFiles, ...whole.outputFiles]) {
    writeFileSync(join(fresh, relative(dist, file.path)), file.contents);
  }
  for (const program of PROGRAM_NAMES) {
    makeExecutable(join(fresh, `${program}.mjs`));
    const parts = partsOf(metafile, relative(from, join(dist, `${program}.mjs`)));
    const files = parts.map((part) => relative(relative(from, dist), part));
    writeLines(join(fresh, `${program}.files`), [...files, ...NEIGHBOURS[program]]);
    const inputs = parts.flatMap((part) => Object.keys(metafile.outputs[part]?.inputs ?? {}));
    if (program in WHOLE) inputs.push(...Object.keys(whole.metafile.inputs));
    writeLines(join(fresh, `${INPUTS}.${program}`), [...new Set(inputs)].sort());
  }
}

function writeLines(path: string, lines: readonly string[]): void {
  writeFileSync(path, `${lines.join('\n')}\n`);
}

/** An output and all outputs that it imports, now or later. */
function partsOf(metafile: esbuild.Metafile, entry: string): string[] {
  const found = new Set([entry]);
  for (const part of found) {
    for (const { path, external } of metafile.outputs[part]?.imports ?? []) {
      if (!external) found.add(path);
    }
  }
  return [...found].sort();
}

/** Puts the line before everything else and moves the source map down by that line. */
function makeExecutable(path: string): void {
  const code = readFileSync(path, 'utf8');
  if (!code.startsWith('#!')) {
    writeFileSync(path, HASHBANG + code);
    const map = JSON.parse(readFileSync(`${path}.map`, 'utf8'));
    writeFileSync(`${path}.map`, JSON.stringify({ ...map, mappings: `;${map.mappings}` }));
  }
  chmodSync(path, 0o755);
}

function copy(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  cpSync(source, target, { recursive: true, dereference: true });
}

function copyPackagePart(packages: string, fresh: string, part: string): void {
  const source = join(packages, part);
  if (!existsSync(source)) {
    throw new DsError('missing-tool', `node_modules/${part} is not there`, {
      hint: 'run bundle/setup.sh: it compiles sqlite3',
    });
  }
  copy(source, join(fresh, 'node_modules', part));
}

/** A file that a program reads through `import.meta.url` and nobody copied fails here, not at school. */
function checkNeighbours(fresh: string): void {
  for (const name of readdirSync(fresh)) {
    if (!/\.[cm]js$/.test(name)) continue;
    const code = readFileSync(join(fresh, name), 'utf8');
    for (const [, file = ''] of code.matchAll(
      /new URL\(["'`](\.[^"'`]*)["'`],\s*(?:import\.meta\.url|__ownUrl)\)/g,
    )) {
      if (existsSync(join(fresh, file))) continue;
      throw new DsError('internal', `dist/${name} reads ${file}, which the build does not copy`, {
        hint: 'name it in ASSETS of bundle/build.ts',
      });
    }
  }
}

/** Two renames: for a moment there is no dist/, but never half of one. */
function replaceFolder(target: string, fresh: string, aside: string): void {
  rmSync(aside, { recursive: true, force: true });
  if (existsSync(target)) renameSync(target, aside);
  renameSync(fresh, target);
  rmSync(aside, { recursive: true, force: true });
}

function isUpToDate(from: string, dist: string): boolean {
  const stamp = join(dist, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(from);
}

/** Names, sizes and times of all sources: also a file that is gone or came back older counts. */
function fingerprint(from: string, { version, time }: Release = buildRelease(from)): string {
  const hash = createHash('sha256').update(`${version} ${time}\n`);
  for (const path of SOURCES.flatMap((source) => filesIn(join(from, source)))) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(from, path)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function filesIn(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}${sep}${entry.name}`)
    .sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  makeForAll();
  try {
    const start = performance.now();
    const done = await build();
    const ms = Math.round(performance.now() - start);
    process.stdout.write(`dist/ ${done ? `built in ${ms} ms` : 'is up to date'}\n`);
  } catch (error) {
    process.stderr.write(`${describeForTerminal(error)}\n`);
    process.exitCode = 1;
  }
}
