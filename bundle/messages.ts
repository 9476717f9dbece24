/**
 * `npm run messages`: collects the texts of the activity and of the web pages in
 * `activity/po/backup.pot` and merges it into every catalogue. New texts are left empty, and a test
 * fails until they are translated.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { mo, po } from 'gettext-parser';
import { DsError } from '../shared/errors.ts';
import { knowsPlurals, pluralForms } from '../shared/words/catalogue.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
export const PO_FOLDER: string = join(root, 'activity/po');
/** Where the texts are. */
const OF_THE_ACTIVITY = ['activity', 'bundle/activity', 'shared/words/words.ts'];
const OF_THE_SERVER = [
  'xs/pages',
  'xs/takeaway',
  'xs/published',
  'xs/stick',
  'xs/admin/concern-words.ts',
  'xs/retention/retention-words.ts',
];
/** What the Journal shows; its other words are the activity's. */
const OF_THE_AGENT = [
  'agent/volume/volume.ts',
  'agent/school/class-menu.ts',
  'agent/bus/class-words.ts',
];
const SOURCES = [...OF_THE_ACTIVITY, ...OF_THE_SERVER, ...OF_THE_AGENT];

const HEADER = `# Texts of the Backup activity and of the restore pages.
msgid ""
msgstr ""
"Project-Id-Version: ds-backup\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"

`;

/** The template for the sources as they are now. */
export function makeTemplate(sources: readonly string[] = SOURCES): string {
  const files = sources.flatMap(sourcesIn).sort();
  const keywords = [
    '--keyword=_',
    '--keyword=_n:1,2',
    '--keyword=gettext',
    '--keyword=ngettext:1,2',
  ];
  // xgettext takes "{n} % of" for a printf format.
  const flags = ['_:1', '_n:1', '_n:2', 'gettext:1', 'ngettext:1', 'ngettext:2'].map(
    (argument) => `--flag=${argument}:no-javascript-format`,
  );
  const options = ['--language=JavaScript', '--from-code=UTF-8', '--no-location', '--omit-header'];
  const plain = mkdtempSync(join(tmpdir(), 'ds-messages-'));
  try {
    const scripts = files.map((file, index) => {
      const script = join(plain, `${String(index).padStart(4, '0')}.js`);
      writeFileSync(script, asPlainScript(file));
      return script;
    });
    const all = [...keywords, ...flags, ...options, '--output=-', ...scripts];
    return HEADER + execFileSync('xgettext', all, { encoding: 'utf8' });
  } finally {
    rmSync(plain, { recursive: true, force: true });
  }
}

/** xgettext cannot parse types and JSX elements, and then skips texts silently. */
function asPlainScript(file: string): string {
  const loader = file.endsWith('.tsx') ? 'tsx' : 'ts';
  return transformSync(readFileSync(join(root, file), 'utf8'), { loader, jsx: 'automatic' }).code;
}

/** The languages with a catalogue. */
export function languages(): string[] {
  return readdirSync(PO_FOLDER)
    .filter((name) => name.endsWith('.po'))
    .map((name) => name.slice(0, -3))
    .sort();
}

/** Writes what the programs read: `<folder>/<language>/LC_MESSAGES/<domain>.mo`. */
export function writeCatalogues(folder: string, domain: string): void {
  for (const language of languages()) {
    const table = readCatalogue(language);
    const forms = pluralForms(table.headers['Plural-Forms']);
    if (!knowsPlurals(language, forms)) {
      throw new DsError('internal', `${language}.po has ${forms} plural forms`, {
        hint: 'the runtime has another number of them; see categoriesOf in shared/words/catalogue.ts',
      });
    }
    const place = join(folder, language, 'LC_MESSAGES');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `${domain}.mo`), mo.compile(table));
  }
}

/**
 * The activity's own texts in each language, compiled. Those of the pages would add half as much
 * again to what each laptop has to store.
 */
export function activityCatalogues(): { language: string; mo: Buffer }[] {
  const { translations: wanted } = po.parse(makeTemplate(OF_THE_ACTIVITY));
  return languages().map((language) => {
    const table = readCatalogue(language);
    for (const [context, texts] of Object.entries(table.translations)) {
      const kept = Object.entries(texts).filter(([text]) => wanted[context]?.[text]);
      table.translations[context] = Object.fromEntries(kept);
    }
    return { language, mo: mo.compile(table) };
  });
}

function readCatalogue(language: string) {
  return po.parse(readFileSync(join(PO_FOLDER, `${language}.po`)));
}

function sourcesIn(folder: string): string[] {
  if (folder.endsWith('.ts')) return [folder];
  try {
    return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const template = join(PO_FOLDER, 'backup.pot');
  writeFileSync(template, makeTemplate());
  for (const language of languages()) {
    const path = join(PO_FOLDER, `${language}.po`);
    const merge = ['--quiet', '--no-fuzzy-matching', '--no-location', '--output-file=-'];
    const merged = execFileSync('msgmerge', [...merge, path, template], { encoding: 'utf8' });
    if (merged !== readFileSync(path, 'utf8')) writeFileSync(path, merged);
  }
}
