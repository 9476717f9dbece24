import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { loadConfig, readConfigFile } from '../../shared/config.ts';
import { temporaryFolder } from './folder.ts';
import { refused } from './refused.ts';

const test = suite('configuration');
const folder = temporaryFolder(test);

const schema = v.strictObject({
  server: v.optional(v.string(), 'schoolserver'),
  tries: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 3),
  http: v.optional(
    v.strictObject({
      listen: v.optional(v.string(), '0.0.0.0:8080'),
      pages: v.optional(v.array(v.string()), []),
    }),
    {},
  ),
});
const DEFAULTS = {
  server: 'schoolserver',
  tries: 3,
  http: { listen: '0.0.0.0:8080', pages: [] },
};

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function commandLine(tree: Record<string, unknown>) {
  return { name: 'command line', tree };
}

test('without any source everything has its default', () => {
  assert.equal(loadConfig(schema, []), DEFAULTS);
  assert.equal(loadConfig(schema, [readConfigFile(join(folder, 'none'), false)]), DEFAULTS);
});

test('the command line wins over the file, and the file over the defaults, key by key', () => {
  const path = file('both.toml', 'server = "xs"\ntries = 5\n[http]\nlisten = "a:1"\npages=["x"]\n');
  const flags = commandLine({ tries: 7, http: { listen: 'b:2' } });
  assert.equal(loadConfig(schema, [readConfigFile(path, true), flags]), {
    server: 'xs',
    tries: 7,
    http: { listen: 'b:2', pages: ['x'] },
  });
});

test('a list replaces a list', () => {
  const path = file('list.toml', 'http.pages = ["a", "b"]\n');
  const flags = commandLine({ http: { pages: ['c'] } });
  const config = loadConfig(schema, [readConfigFile(path, true), flags]);
  assert.equal(config.http.pages, ['c']);
});

test('sources are left as they were', () => {
  const below = commandLine({ http: { listen: 'a:1' } });
  loadConfig(schema, [below, commandLine({ http: { listen: 'b:2' } })]);
  assert.equal(below.tree, { http: { listen: 'a:1' } });
});

const BAD: [toml: string, message: RegExp][] = [
  ['sever = "xs"', /FILE: unknown key "sever"$/],
  ['[http]\nlisen = "x"', /FILE: unknown key "http\.lisen"$/],
  ['[htpp]\nlisten = "x"', /FILE: unknown key "htpp"$/],
  ['tries = "3"', /FILE: "tries": /],
  ['tries = 0', /FILE: "tries": /],
  ['tries = 1.5', /FILE: "tries": /],
  ['server = 1979-05-27', /FILE: "server": /],
  ['http = 3', /FILE: "http": /],
  ['http.pages = [1]', /FILE: "http\.pages\.0": /],
];

for (const [index, [toml, message]] of BAD.entries()) {
  test(`names key and file: ${JSON.stringify(toml)}`, () => {
    const path = file(`bad-${index}.toml`, toml);
    const source = readConfigFile(path, true);
    const error = refused(() => loadConfig(schema, [source, commandLine({ tries: 2 })]), 'config');
    assert.match(error.message.replace(path, 'FILE'), message);
    assert.match(error.hint ?? '', /README/);
  });
}

test('names the command line', () => {
  const sources = [commandLine({ colour: 'red' })];
  refused(() => loadConfig(schema, sources), 'config', /^command line: unknown key "colour"$/);
});

test('TOML that is none is refused with line and column', () => {
  const path = file('broken.toml', 'server = "xs"\n\ntries = = 3\n');
  const error = refused(() => readConfigFile(path, true), 'config');
  assert.is(error.message, `${path}:3:9 is not TOML`);
});

test('the same key twice is not TOML', () => {
  const path = file('twice.toml', 'tries = 1\ntries = 2\n');
  refused(() => readConfigFile(path, true), 'config', /twice\.toml:2:\d+ is not TOML$/);
});

test('a file asked for by name must be there; a folder is no file', () => {
  const missing = join(folder, 'missing.toml');
  refused(() => readConfigFile(missing, true), 'config', /cannot read .*missing\.toml/);
  mkdirSync(join(folder, 'folder.toml'));
  refused(() => readConfigFile(join(folder, 'folder.toml'), false), 'config', /cannot read/);
});

test.run();
