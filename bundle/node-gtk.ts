/**
 * node-gtk as it comes into the bundle: what it looks for at run time is named, its native module is
 * without what only a debugger needs, and it keeps no name that nobody says.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { DsError } from '../shared/errors.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const gtkFolder = join(root, 'node_modules/node-gtk');
const OVERRIDES = ['GLib-2.0', 'GObject', 'Gdk-3.0', 'Gio-2.0', 'Gtk-3.0', 'Pango', 'cairo'];

export const nodeGtk: Plugin = {
  name: 'node-gtk',
  setup(build) {
    const load = (file: string, change: (code: string) => string) => {
      const path = join(gtkFolder, 'lib', file);
      const filter = new RegExp(`node-gtk/lib/${file.replace('.', '\\.')}$`);
      build.onLoad({ filter }, () => ({ contents: change(readFileSync(path, 'utf8')) }));
    };
    // tsconfig.json maps the name to the types, which are no code.
    build.onResolve({ filter: /^node-gtk$/ }, () => ({ path: join(gtkFolder, 'lib/index.js') }));
    load('native.js', () => "module.exports = require('./node_gtk.node')");
    load('module.js', withNamedOverrides);
    load('bootstrap.js', withoutTables);
  },
};

function withNamedOverrides(code: string): string {
  const search = /let override\n[\s\S]*?require\(override\)\.apply\(module\)\n/;
  const cases = OVERRIDES.map((name) => `'${name}': () => require('./overrides/${name}.js')`);
  const overrides = `const overrides = {${cases.join(', ')}}
  const override = overrides[[ns, version].join('-')] || overrides[ns]
  if (override) override().apply(module)
`;
  return replaced(code, search, overrides);
}

/**
 * It defines an accessor for each of the 6,000 names in GTK and all that is below it, and makes their
 * types known, for the hundred that a program uses: 2 MB. Here a name is looked up when it is said.
 */
function withoutTables(code: string): string {
  const search = /function defineLazyInfos\(module, ns\) \{\n[\s\S]*?\n\}\n/;
  const lookUp = `function defineLazyInfos(module, ns) {
  const repo = GI.Repository_get_default()
  const find = (name) => GI.Repository_find_by_name.call(repo, ns, name)
  const define = (name, value) =>
    Object.defineProperty(module, name, { configurable: true, enumerable: true, writable: true, value })
  Object.setPrototypeOf(module, new Proxy(Object.create(null), {
    get(_, name) {
      const key = ns + '.' + String(name)
      if (typeof name !== 'string' || materializing.has(key)) return undefined
      const info = find(name) || find(name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase()))
      if (!info) return undefined
      materializing.add(key)
      try {
        const value = makeInfo(info)
        if (value !== undefined) define(name, value)
        return value
      } finally {
        materializing.delete(key)
      }
    },
    set(_, name, value) {
      define(name, value)
      return true
    },
  }))
}
`;
  return replaced(code, search, lookUp);
}

function replaced(code: string, search: RegExp, by: string): string {
  if (search.test(code)) return code.replace(search, () => by);
  throw new DsError('internal', `node-gtk has no ${search} any more`, {
    hint: 'adapt bundle/node-gtk.ts to node_modules/node-gtk/lib',
  });
}

/** Nine tenths of the module are for a debugger. */
export function strippedModule(): Buffer {
  const name = `node-v${process.versions.modules}-${process.platform}-${process.arch}`;
  const source = join(gtkFolder, 'lib/binding', name, 'node_gtk.node');
  if (!existsSync(source)) {
    throw new DsError('missing-tool', 'node-gtk is not compiled for this Node', {
      hint: 'run bundle/setup.sh',
    });
  }
  const folder = mkdtempSync(join(tmpdir(), 'ds-xo-'));
  try {
    const target = join(folder, 'node_gtk.node');
    execFileSync('strip', ['--strip-unneeded', '-o', target, source]);
    return readFileSync(target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
