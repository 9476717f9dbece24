/**
 * The rules of layout in CONTRIBUTING.md as one pure function over the source files.
 *
 * Imports are read from the text and not from a bundler, because an `import type` is a dependency
 * too. That is safe for code that Biome has formatted: a statement begins its line.
 */
import { basename, dirname, join } from 'node:path/posix';
import { transformSync } from 'esbuild';
import { longFunctions } from './long-functions.ts';
import { circles, roomOf, wrongDirection } from './rooms.ts';
import { unexplained } from './wording.ts';

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
  bundle: ['bundle', 'shared', 'agent', 'xs'],
  test: TOP_FOLDERS,
};
/** The one file that may touch GTK. */
const GTK = 'activity/gtk.ts';
const MEANINGLESS = /^(utils?|helpers?|managers?|common|index)$/;
const MAX_LINES = 400;
const MAX_FUNCTION_LINES = 60;
const MAX_FILES = 20;

/** One sentence a violation, each beginning with the file's path. */
export function violations(files: SourceFiles): string[] {
  const found: string[] = [];
  for (const [path, source] of files) {
    const complain = (what: string) => found.push(`${path}: ${what}`);
    for (const part of path.split('/')) {
      if (MEANINGLESS.test(part.split('.')[0] ?? '')) complain(`"${part}" says nothing`);
    }
    if (source.split('\n').length - 1 > MAX_LINES) complain(`has more than ${MAX_LINES} lines`);
    // The rules about codes show some.
    if (!/^test\/(wording|layers)\b/.test(path))
      for (const code of unexplained(source)) complain(code);
    if (!/\.tsx?$/.test(path)) continue;
    for (const { line, lines } of longFunctions(source, MAX_FUNCTION_LINES))
      complain(`line ${line}: a function of ${lines} lines`);
    if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.tsx?$/.test(basename(path)))
      complain('no kebab-case');
    if (isProduct(path) && roomOf(path) === undefined) complain('has no room in test/rooms.ts');
    const imports = importsOf(source);
    for (const specifier of imports) checkImport(path, specifier, complain);
    if (isProduct(path)) checkProcess(path, source, imports, complain);
    checkTests(path, source, complain);
  }
  return [...found, ...crowded(files), ...circular(files)];
}

/** Folders in which nobody finds anything any more. */
function crowded(files: SourceFiles): string[] {
  const counts = new Map<string, number>();
  for (const path of files.keys()) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts].flatMap(([folder, count]) =>
    count > MAX_FILES ? [`${folder}: has more than ${MAX_FILES} source files`] : [],
  );
}

function circular(files: SourceFiles): string[] {
  const imports = new Map(
    [...files].map(([path, source]) => [
      path,
      /\.tsx?$/.test(path)
        ? importsOf(source).flatMap((to) => (to?.startsWith('.') ? [join(dirname(path), to)] : []))
        : [],
    ]),
  );
  return circles(imports).map(([first, ...rest]) => `${first}: imports in a circle with ${rest}`);
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
    if (!MAY_IMPORT[layer]?.includes(target)) {
      complain(`imports ${specifier}: ${layer} must not know ${target}`);
    } else if (target === layer) {
      const wrong = wrongDirection(path, join(dirname(path), specifier));
      if (wrong) complain(`imports ${specifier}: ${wrong}`);
    }
    return;
  }
  const name = packageOf(specifier);
  if (name === 'sqlite3' && path !== 'shared/system/db.ts')
    complain('sqlite3 belongs in shared/system/db.ts');
  if (name === 'node-gtk' && path !== GTK) complain(`node-gtk belongs in ${GTK}`);
}

/** What a program is told by its surroundings enters in one place, where it is checked. */
function checkProcess(
  path: string,
  source: string,
  imports: readonly (string | null)[],
  complain: (what: string) => void,
): void {
  if (/^(agent|xs|activity)\/(.*\/)?(main|config)\.ts$/.test(path)) return;
  const loader = path.endsWith('x') ? 'tsx' : 'ts';
  const code = transformSync(source, { loader, legalComments: 'none' }).code;
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
