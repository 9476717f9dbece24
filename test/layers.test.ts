/** The tree keeps the layout rules; and the rules notice when it does not. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VERSION } from '../shared/version.ts';
import { importsOf, TOP_FOLDERS, violations } from './layers.ts';
import { pureFiles, saysPure, UNTRIED } from './pure-files.ts';
import { repeats } from './repeats.ts';
import { ROOMS, roomOf } from './rooms.ts';
import { readTree, root } from './tree.ts';
import { unexplained } from './wording.ts';

const SOURCES = /\.(tsx?|sh|py|html|css)$/;
const test = suite('layout');

test('the tree keeps the rules', () => {
  assert.equal(violations(readTree(SOURCES)), []);
});

test('the documents say requirements in words', () => {
  const documents = new Map(
    readdirSync(root)
      .filter((name) => name.endsWith('.md'))
      .map((name) => [name, readFileSync(join(root, name), 'utf8')]),
  );
  for (const [path, text] of [...documents, ...readTree(/\.md$/)]) {
    assert.equal(unexplained(text), [], path);
  }
});

test('half of the files are short', () => {
  const lines = [...readTree(/\.tsx?$/)]
    .filter(([path]) => !path.startsWith('test/'))
    .map(([, source]) => source.split('\n').length - 1)
    .sort((a, b) => a - b);
  const median = lines[Math.floor(lines.length / 2)] ?? 0;
  assert.ok(median <= 120, `the median is ${median} lines`);
});

test('no two files carry the same six lines', () => {
  const copies = repeats(readTree(/\.(tsx?|sh|py)$/));
  const places = copies.map(({ lines, places }) => `${lines} lines: ${places.join(' and ')}`);
  assert.equal(places, []);
});

test('every room of the table is there', () => {
  const files = [...readTree(SOURCES).keys()];
  for (const [program, rooms] of Object.entries(ROOMS)) {
    const taken = new Set(
      files.filter((path) => path.startsWith(`${program}/`)).map((path) => roomOf(path)),
    );
    const empty = Object.keys(rooms).filter((room) => !taken.has(room));
    assert.equal(empty, [], program);
  }
});

test('the README of a room is short, and names only files that are there', () => {
  for (const [path, text] of readTree(/^README\.md$/)) {
    if (!/^(shared|agent|xs|activity)\//.test(path)) continue;
    assert.ok(text.split('\n').length - 1 <= 10, `${path} has more than 10 lines`);
    const [program = ''] = path.split('/');
    const named = [...text.matchAll(/`([\w./-]+\.(?:tsx?|sh|css))`/g)].map(([, name = '']) => name);
    const places = [dirname(path), program, '.'];
    const gone = named.filter((name) => places.every((at) => !existsSync(join(root, at, name))));
    assert.equal(gone, [], path);
  }
});

test('the files whose tests are tried by mutants are there', () => {
  const paths = pureFiles().flatMap(([file, tests]) => [file, ...tests]);
  assert.equal(
    paths.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

test('a file that says it is pure is tried by mutants, or known not to be', () => {
  const tried = pureFiles().map(([file]) => file);
  const pure = [...readTree(/\.tsx?$/)]
    .filter(([path, source]) => !path.startsWith('test/') && saysPure(source))
    .map(([path]) => path);
  const untried = pure.filter((path) => !tried.includes(path));
  assert.equal(untried.sort(), [...UNTRIED].sort());
  assert.ok(saysPure('/**\n * Decides. Pure; milliseconds.\n */\n'));
  assert.not(saysPure("/** Reads. */\nimport { a } from './a.ts';\n/** Pure. */\n"));
});

test('there are no top-level folders but the six', () => {
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name);
  const allowed = [...TOP_FOLDERS, 'dist', 'node_modules'];
  assert.equal(
    folders.filter((name) => !allowed.includes(name)),
    [],
  );
});

test('the version is the same in the code and in package.json', () => {
  assert.is(VERSION, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
});

test('package-lock.json names no registry', () => {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  assert.not.match(lock, /"resolved"/);
});

/** A function of 61 lines, or so many: head, lines that stand further in, end. */
const body = (head: string, end: string, inner = 'a();', lines = 61): string => {
  const rest = Array.from({ length: lines - 2 }, () => `${/^ */.exec(head)?.[0]}  ${inner}\n`);
  return `${head}\n${rest.join('')}${end}`;
};

const FORBIDDEN: [path: string, source: string, complaint: RegExp][] = [
  ['shared/a.ts', "import { x } from '../xs/storage/paths.ts';", /shared must not know xs/],
  ['shared/a.ts', "import type { X } from '../agent/state.ts';", /shared must not know agent/],
  ['agent/a.ts', "import { x } from '../xs/storage/paths.ts';", /agent must not know xs/],
  ['agent/b/c.ts', "import { x } from '../../xs/paths.ts';", /agent must not know xs/],
  ['agent/a.ts', "export * from '../activity/model.ts';", /agent must not know activity/],
  ['agent/a.ts', "export { x, y } from '../xs/model.ts';", /agent must not know xs/],
  ['agent/a.ts', "import {\n  a,\n  b,\n} from '../xs/model.ts';", /agent must not know xs/],
  ['agent/a.ts', "import '../xs/main.ts';", /agent must not know xs/],
  ['agent/a.ts', "import Db, * as all from '../xs/main.ts';", /agent must not know xs/],
  ['xs/a.ts', "const x = await import('../agent/main.ts');", /xs must not know agent/],
  ['xs/a.ts', "type X = import('../agent/state.ts').State;", /xs must not know agent/],
  ['xs/a.ts', "const u = new URL('../bundle/x.sh', import.meta.url);", /xs must not know bundle/],
  ['xs/a.ts', "import { x } from '../test/school/school.ts';", /xs must not know test/],
  ['xs/a.ts', "import p from '../package.json';", /xs must not know package.json/],
  ['xs/a.ts', "import { x } from '../../elsewhere/a.ts';", /must not know \.\./],
  ['xs/a.ts', "const root = new URL('..', import.meta.url);", /must not know/],
  ['xs/a.ts', "import { x } from '/opt/a.ts';", /imports \/opt/],
  ['activity/a.ts', "import { x } from '../agent/service.ts';", /activity must not know agent/],
  ['bundle/a.ts', "import { x } from '../activity/activity.ts';", /bundle must not know activity/],
  ['xs/a.ts', 'const x = await import(name);', /worked out at run time/],
  ['xs/a.ts', `const x = await import(\`./\${name}.ts\`);`, /worked out at run time/],
  ['xs/storage/index-db.ts', "import sqlite3 from 'sqlite3';", /sqlite3 belongs/],
  ['xs/storage/index-db.ts', "import type { Database } from 'sqlite3';", /sqlite3 belongs/],
  ['test/a.ts', "import s from 'sqlite3/lib/sqlite3.js';", /sqlite3 belongs/],
  ['agent/a.ts', "import gi from 'node-gtk';", /node-gtk belongs in activity/],
  [
    'activity/views/days.ts',
    "import * as gi from 'node-gtk';",
    /node-gtk belongs in activity\/gtk/,
  ],
  ['activity/model/acts/a.ts', "import type { W } from '../../gtk.ts';", /must not know .*gtk/],
  [
    'activity/model/acts/a.ts',
    "import type { C } from '../../client.ts';",
    /must not know .*client/,
  ],
  ['activity/model/acts/a.ts', "import { L } from '../../sugar/look.ts';", /must not know .*sugar/],
  ['activity/model/state/a.ts', "import { b } from '../acts/b.ts';", /must not know .*acts/],
  ['activity/model/acts/a.ts', "import { b } from '../screens/b.ts';", /must not know .*screens/],
  ['activity/model/screens/a.ts', "import { b } from '../acts/b.ts';", /must not know .*acts/],
  ['activity/model/pictures/a.ts', "import { b } from '../state/b.ts';", /must not know .*state/],
  ['activity/model/a.ts', "import { b } from './state/b.ts';", /has no room/],
  ['agent/a.ts', 'export const x = process.env.HOME;', /process.env belongs/],
  ['shared/a.ts', 'export const x = process.argv;', /process.argv belongs/],
  ['xs/cli.ts', 'if (bad) process.exit(1);', /process.exit belongs/],
  ['xs/cli.ts', "const x = process['env'];", /process\[ belongs/],
  ['xs/cli.ts', 'const { env } = process;', /process; belongs/],
  ['xs/cli.ts', "import { env } from 'node:process';", /imports node:process/],
  ['shared/config.ts', 'export const x = process.env.HOME;', /process.env belongs/],
  ['xs/utils.ts', '', /says nothing/],
  ['xs/session/helpers.ts', '', /says nothing/],
  ['agent/index.ts', '', /says nothing/],
  ['shared/common/a.ts', '', /says nothing/],
  ['xs/manager.test.ts', '', /says nothing/],
  ['xs/SessionStore.ts', '', /kebab-case/],
  ['xs/session_store.ts', '', /kebab-case/],
  ['xs/storage/long.ts', '\n'.repeat(401), /more than 400 lines/],
  ['test/long.test.ts', '\n'.repeat(401), /more than 400 lines/],
  ['xs/pages/journal/long.tsx', '\n'.repeat(401), /more than 400 lines/],
  ['xs/storage/a.ts', `/** Long. */\n${body('function a(): void {', '}')}`, /line 2: .* 61 lines/],
  ['xs/storage/a.ts', body('const a = (): void => {', '};'), /line 1: a function of 61 lines/],
  ['xs/storage/a.ts', body("test('a', async () => {", '});'), /line 1: a function of 61 lines/],
  ['xs/storage/a.ts', `class A {\n${body('  a() {', '  }')}\n}`, /line 2: .* 61 lines/],
  ['xs/storage/a.ts', `const a = {\n${body('  async a() {', '  },')}\n};`, /line 2: .* 61 lines/],
  ['xs/storage/a.ts', body('const a = () => `', '`;'), /line 1: a function of 61 lines/],
  ['xs/pages/a.tsx', body('const A = () => (\n  <p>', '  </p>\n);', '  <b />', 59), /61 lines/],
  [
    'xs/pages/a.tsx',
    body('function A({\n  a,\n}: B): C {', '}', '// x', 59),
    /line 1: .* 61 lines/,
  ],
  ['xs/elsewhere.ts', '', /has no room/],
  ['agent/elsewhere/a.ts', '', /has no room/],
  ['xs/storage/a.ts', "import type { S } from '../admin/status.ts';", /must not know xs\/admin/],
  ['xs/api/a.tsx', "import { x } from '../pages/a.tsx';", /must not know xs\/pages/],
  ['xs/pages/a.tsx', "import { x } from '../../agent/state.ts';", /xs must not know agent/],
  ['xs/pages/a.tsx', 'export const A = () => <p>{process.env.HOME}</p>;', /process.env belongs/],
  ['xs/pages/OnePage.tsx', '', /kebab-case/],
  ['agent/wire/a.ts', "import { x } from '../identity/b.ts';", /must not know agent\/identity/],
  ['xs/storage/a.ts', "import { x } from './a.ts';", /in a circle/],
  ['xs/storage/a.ts', '/** Nothing is lost (E3). */', /line 1: "E3" is explained nowhere/],
  ['xs/session/long.sh', '\n'.repeat(401), /more than 400 lines/],
  ['xs/a.test.ts', "import { test } from 'uvu';\ntest.run();", /found by nobody/],
  ['test/a.spec.ts', '', /found by nobody/],
  ['test/a.tests.ts', '', /found by nobody/],
  ['test/a.test.ts', "import { test } from 'uvu';\ntest('x', f);", /no test\.run/],
  [
    'test/a.test.ts',
    "import { suite } from 'uvu';\nconst a = suite('a');\na('x', f);",
    /no a\.run/,
  ],
  ['test/a.slow.ts', "import { suite } from 'uvu';\n// const a = suite('a');", /no suite/],
  ['test/a.test.ts', "import { test } from 'uvu';\n// test.run();", /no test\.run/],
  ['test/a.test.ts', "import { test } from 'uvu';\ntest.only('x', f);\ntest.run();", /leaves out/],
];

for (const [path, source, complaint] of FORBIDDEN) {
  test(`is noticed: ${path} with ${JSON.stringify(source.slice(0, 60))}`, () => {
    assert.match(violations(new Map([[path, `${source}\n`]])).join('\n'), complaint);
  });
}

test('two files that know each other are noticed', () => {
  const files = new Map([
    ['xs/pages/a.tsx', "import { b } from './b.ts';\n"],
    ['xs/pages/b.ts', "import type { A } from './a.tsx';\n"],
  ]);
  assert.equal(violations(files), ['xs/pages/a.tsx: imports in a circle with xs/pages/b.ts']);
});

test('a folder with more than twenty files is noticed', () => {
  const names = Array.from({ length: 21 }, (_, n) => `xs/storage/file-${n}.ts`);
  const tree = (count: number) => new Map(names.slice(0, count).map((name) => [name, '\n']));
  assert.equal(violations(tree(20)), []);
  assert.equal(violations(tree(21)), ['xs/storage: has more than 20 source files']);
});

const ALLOWED: [path: string, source: string][] = [
  ['shared/a.ts', "import { x } from './ids.ts';\nimport { y } from 'node:fs';"],
  ['shared/system/db.ts', "import sqlite3 from 'sqlite3';"],
  ['activity/gtk.ts', "import * as gi from 'node-gtk';"],
  [
    'activity/model/acts/a.ts',
    "import { x } from '../state/b.ts';\nimport { y } from '../../../shared/c.ts';",
  ],
  ['activity/model/screens/a.ts', "import type { XoColor } from '../../sugar/xocolor.ts';"],
  ['agent/a.ts', "import { x } from '../shared/ids.ts';\nimport { y } from './b/c.ts';"],
  ['xs/main.ts', 'start(process.argv, process.env);\nprocess.exit(1);'],
  ['xs/pages/config.ts', 'export const x = process.env.HOME;'],
  [
    'xs/storage/a.ts',
    '// process.env is read in main.ts\n/* process.exit(1) */\nprocess.exitCode = 1;',
  ],
  [
    'xs/storage/a.ts',
    "// import { x } from '../agent/a.ts';\n/**\n * import('../agent/a.ts')\n */",
  ],
  ['xs/storage/a.ts', "const text = 'important (from '  + word;"],
  ['xs/storage/important.ts', '\n'.repeat(399)],
  ['xs/storage/a.ts', body('function a(): void {', '}', 'a();', 60)],
  ['xs/storage/a.ts', `// long: a table of texts\n${body('function a(): void {', '}')}`],
  ['xs/storage/a.ts', body('const TABLE: Record<string, () => void> = {', '};', "a: () => '',")],
  ['xs/storage/a.ts', body('if (a(', ')) b();', 'a,')],
  ['test/a.test.ts', "import { test } from 'uvu';\ntest('x', f);\ntest.run();"],
  ['test/a.ts', "import { x } from '../xs/storage/paths.ts';\nprocess.exit(1);\nimport(name);"],
];

for (const [path, source] of ALLOWED) {
  test(`is allowed: ${path} with ${JSON.stringify(source.slice(0, 60))}`, () => {
    assert.equal(violations(new Map([[path, `${source}\n`]])), []);
  });
}

test('imports are read out of every kind of statement', () => {
  const source = `
import a from 'one';
import { b, type C } from "two";
import * as d from 'three';
import 'four';
import type { E } from 'five';
export { f } from 'six';
export * from 'seven';
const g = await import('eight');
const h = require('nine');
import {
  i,
  j,
} from 'ten';
export const text = "from 'eleven'";
`;
  const want = ['one', 'two', 'three', 'five', 'six', 'seven', 'ten', 'four', 'eight', 'nine'];
  assert.equal(importsOf(source), want);
});

test.run();
