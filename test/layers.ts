/**
 * The layout rules of HOUSE.md and CONTRIBUTING.md as one pure function over the source files.
 *
 * Imports are read from the text and not from a bundler, because an `import type` is a dependency
 * too. That is safe for code that Biome has formatted: a statement begins its line.
 */
import { basename, dirname, join } from 'node:path/posix';
import { transformSync } from 'esbuild';

/** Path in the tree → its text. */
export type SourceFiles = ReadonlyMap<string, string>;

export const TOP_FOLDERS = ['shared', 'agent', 'xs', 'activity', 'bundle', 'test'];
/** Those whose code is delivered. */
const PRODUCT = ['shared', 'agent', 'xs', 'activity'];
const MAY_IMPORT: Record<string, readonly string[]> = {
  shared: ['shared'],
  agent: ['agent', 'shared'],
  xs: ['xs', 'shared'],
  activity: ['activity', 'shared'],
  // The manual page is made from the commands.
  bundle: ['bundle', 'shared', 'agent'],
  test: TOP_FOLDERS,
};
/** The one file that may touch GTK, and what has to do without it. */
const GTK = 'activity/gtk.ts';
const MODEL = 'activity/model/';
/** Of Sugar's toolkit, only what is pure. */
const PURE_OF_SUGAR = 'activity/sugar/xocolor.ts';
/** The rooms of the model, each with those that it may import. */
const MODEL_ROOMS: Readonly<Record<string, readonly string[]>> = {
  pictures: [],
  state: [],
  acts: ['state'],
  screens: ['pictures', 'state'],
};
const MEANINGLESS = /^(utils?|helpers?|managers?|common|index)$/;
const MAX_LINES = 400;

/** One sentence a violation, each beginning with the file's path. */
export function violations(files: SourceFiles): string[] {
  const found: string[] = [];
  for (const [path, source] of files) {
    const complain = (what: string) => found.push(`${path}: ${what}`);
    for (const part of path.split('/')) {
      if (MEANINGLESS.test(part.split('.')[0] ?? '')) complain(`"${part}" says nothing`);
    }
    if (isProduct(path) && source.split('\n').length - 1 > MAX_LINES) {
      complain(`has more than ${MAX_LINES} lines`);
    }
    if (!path.endsWith('.ts')) continue;
    if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/.test(basename(path))) complain('no kebab-case');
    const imports = importsOf(source);
    for (const specifier of imports) checkImport(path, specifier, complain);
    if (isProduct(path)) checkProcess(path, source, imports, complain);
    checkTests(path, source, complain);
  }
  return found;
}

/** Specifiers of all imports; `null` for one that is worked out at run time. */
export function importsOf(source: string): (string | null)[] {
  const code = source.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  const patterns = [
    /^\s*(?:import|export)\b[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\b(?:import|require|require\.resolve)\s*\(\s*['"`]([^'"`$]+)['"`]\s*[,)]/g,
    /\bnew URL\(\s*['"`](\.[^'"`$]*)['"`]\s*,\s*import\.meta\.url/g,
  ];
  const found: (string | null)[] = patterns.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(([, specifier = '']) => specifier),
  );
  if (/\b(?:import|require)\s*\(\s*(?!['"`][^'"`$]+['"`]\s*[,)])[^\s)]/.test(code))
    found.push(null);
  return found;
}

function checkImport(
  path: string,
  specifier: string | null,
  complain: (what: string) => void,
): void {
  const layer = layerOf(path);
  if (specifier === null) {
    if (isProduct(path)) complain('imports something worked out at run time');
    return;
  }
  if (specifier.startsWith('/')) complain(`imports ${specifier} of this machine`);
  if (specifier.startsWith('.')) {
    const target = layerOf(join(dirname(path), specifier));
    const isRoot = target === '.' || target === '..'; // new URL('..', …): the tree, to look around in
    if (isRoot && !isProduct(path)) return;
    checkModel(path, join(dirname(path), specifier), complain);
    if (!MAY_IMPORT[layer]?.includes(target)) {
      complain(`imports ${specifier}: ${layer} must not know ${target}`);
    }
    return;
  }
  const name = packageOf(specifier);
  if (name === 'sqlite3' && path !== 'shared/system/db.ts')
    complain('sqlite3 belongs in shared/system/db.ts');
  if (name === 'node-gtk' && path !== GTK) complain(`node-gtk belongs in ${GTK}`);
}

/** What is on the activity's screen is decided without a screen, and tested without one. */
function checkModel(path: string, target: string, complain: (what: string) => void): void {
  if (!path.startsWith(MODEL) || target.startsWith('shared/') || target === PURE_OF_SUGAR) return;
  if (!target.startsWith(MODEL)) {
    complain(`imports ${target}: ${MODEL} knows only itself, ${PURE_OF_SUGAR} and shared/`);
    return;
  }
  const [room, other] = [path, target].map((file) => file.slice(MODEL.length).split('/')[0] ?? '');
  const may = MODEL_ROOMS[room ?? ''];
  if (!may) complain(`has no room in ${MODEL}`);
  else if (room !== other && !may.includes(other ?? '')) {
    complain(`imports ${target}: ${MODEL}${room} must not know ${MODEL}${other}`);
  }
}

/** What a program is told by its surroundings enters in one place, where it is checked. */
function checkProcess(
  path: string,
  source: string,
  imports: readonly (string | null)[],
  complain: (what: string) => void,
): void {
  if (/^(agent|xs|activity)\/(.*\/)?(main|config)\.ts$/.test(path)) return;
  const code = transformSync(source, { loader: 'ts', legalComments: 'none' }).code;
  const use =
    /\bprocess\s*(?:\?\.|\.)\s*(env|argv|exit)\b|\bprocess\s*\[|=\s*process\s*[;,)\n]/.exec(code);
  if (use) complain(`${use[0].trim()} belongs in main.ts or config.ts`);
  if (imports.some((specifier) => specifier === 'node:process' || specifier === 'process')) {
    complain('imports node:process; the global is what the rules are about');
  }
}

/** uvu skips a suite that never runs, and with `only` all others, without a word. */
function checkTests(path: string, source: string, complain: (what: string) => void): void {
  const isTest = /\.(test|slow)\.ts$/.test(path);
  const looksLikeTest = isTest || /(\.|-)(tests?|spec|slow)\.ts$/.test(path);
  if (looksLikeTest && !(isTest && layerOf(path) === 'test')) {
    complain('is found by nobody: tests are test/**/*.test.ts or *.slow.ts');
  }
  if (!isTest) return;
  const suites = [...source.matchAll(/^const (\w+) = suite\(/gm)].map(([, name = '']) => name);
  if (/^import [^;]*\btest\b[^;]* from 'uvu';$/m.test(source)) suites.push('test');
  if (suites.length === 0) complain('makes no suite');
  for (const name of suites) {
    if (!new RegExp(`^\\s*${name}\\.run\\(\\);`, 'm').test(source)) complain(`no ${name}.run()`);
    if (new RegExp(`\\b${name}\\.only\\(`).test(source))
      complain(`${name}.only leaves out the rest`);
  }
}

function layerOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function isProduct(path: string): boolean {
  return PRODUCT.includes(layerOf(path));
}

/** `sqlite3/lib/x` → `sqlite3`, `@gi/gtk/x` → `@gi/gtk`. */
function packageOf(specifier: string | null): string | undefined {
  return /^(@[^/]+\/)?[^/]+/.exec(specifier ?? '')?.[0];
}
