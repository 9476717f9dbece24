/** A stick: what it holds, that its script says nothing which has no words, and what it refuses to be. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PO_FOLDER, writeCatalogues } from '../../../bundle/messages.ts';
import { ENGLISH } from '../../../shared/words/catalogue.ts';
import { wordsOf } from '../../../shared/words/language.ts';
import { LOCAL_COMMANDS } from '../../../xs/commands/table.ts';
import { schoolSettings } from '../../../xs/stick/contents.ts';
import { asShell, scriptWords } from '../../../xs/stick/install-words.ts';
import { hostKeyPublic } from '../../../xs/storage/paths.ts';
import { refusedLater } from '../../shared/refused.ts';
import { openWhole, STICK_PARTS, type WholeLibrary } from '../whole.ts';

const test = suite('a stick');
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAA';
let whole: WholeLibrary;
let folder: string;

test.before.each(async () => {
  whole = await openWhole();
  folder = mkdtempSync(join(tmpdir(), 'ds-stick-'));
  writeFileSync(hostKeyPublic(whole.library.paths), `${KEY}\n`);
});

test.after.each(async () => {
  await whole[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function write(target: string, packages?: string): Promise<string> {
  const { paths, config, env } = whole.library;
  const locale = join(folder, 'locale');
  writeCatalogues(locale, 'ds-backup');
  let printed = '';
  const print = (text: string) => {
    printed += text;
  };
  await LOCAL_COMMANDS.stick?.run({
    ...{ paths, config, stickParts: { ...STICK_PARTS, locale }, args: [target], print },
    ...{ flags: packages === undefined ? {} : { packages } },
    ...{ progress: () => {}, signal: AbortSignal.any([]) },
    ...{ env, checkUser: () => {}, open: () => Promise.reject(new Error('not needed')) },
    command: () => Promise.reject(new Error('not needed')),
  });
  return printed;
}

function putPackages(): string {
  const packages = join(whole.library.config.state, 'packages');
  mkdirSync(join(packages, 'trixie'), { recursive: true });
  writeFileSync(join(packages, 'xs-backup_1_amd64.deb'), 'ours');
  writeFileSync(join(packages, 'trixie/rsync_3%3a1_amd64.deb'), 'theirs');
  return packages;
}

test('holds packages, the key of this server, and words in six languages', async () => {
  putPackages();
  const target = join(folder, 'stick');
  mkdirSync(target);
  writeFileSync(join(target, 'homework.odt'), 'not ours');
  assert.match(await write(target), /^\d+ files, .* in /);
  const parts = join(target, 'ds-backup');
  const settings = readFileSync(join(parts, 'school.toml'), 'utf8');
  assert.match(settings, new RegExp(`^server-key = "${KEY}"$`, 'm'));
  assert.match(settings, /^server = "http:\/\/schoolserver"$/m);
  assert.is(readFileSync(join(parts, 'packages/trixie/rsync_3%3a1_amd64.deb'), 'utf8'), 'theirs');
  const languages = readdirSync(PO_FOLDER).filter((name) => name.endsWith('.po'));
  assert.is(readdirSync(join(parts, 'words')).length, languages.length + 1);
  assert.match(readFileSync(join(target, 'READ-ME.html'), 'utf8'), /lang="ar" dir="rtl"/);
  assert.is(readFileSync(join(target, 'homework.odt'), 'utf8'), 'not ours');
});

test('written again, it has no package of before', async () => {
  const packages = putPackages();
  const target = join(folder, 'stick');
  mkdirSync(target);
  await write(target);
  rmSync(join(packages, 'xs-backup_1_amd64.deb'));
  writeFileSync(join(packages, 'xs-backup_2_amd64.deb'), 'newer');
  await write(target);
  assert.equal(
    readdirSync(join(target, 'ds-backup/packages')).filter((name) => name.startsWith('xs')),
    ['xs-backup_2_amd64.deb'],
  );
});

test('is refused without packages, without a key and without a folder, and nothing is written', async () => {
  const target = join(folder, 'stick');
  mkdirSync(target);
  await refusedLater(write(target), 'not-found');
  putPackages();
  await refusedLater(write(join(folder, 'none')), 'not-found');
  rmSync(hostKeyPublic(whole.library.paths));
  await refusedLater(write(target), 'not-found');
  assert.equal(readdirSync(target), []);
});

test('whoever writes it keeping her own files to herself, everybody can read it', async () => {
  putPackages();
  const target = join(folder, 'stick');
  mkdirSync(target);
  const umask = process.umask(0o077);
  try {
    await write(target);
    assert.is(process.umask(), 0o077);
  } finally {
    process.umask(umask);
  }
  for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
    const { mode } = statSync(join(entry.parentPath, entry.name));
    assert.is(mode & 0o777, entry.isDirectory() ? 0o755 : 0o644, entry.name);
  }
});

test("a folder of that name that is no stick's is left alone", async () => {
  putPackages();
  const target = join(folder, 'lib');
  mkdirSync(join(target, 'ds-backup/completion'), { recursive: true });
  await refusedLater(write(target), 'bad-input');
  assert.equal(readdirSync(target), ['ds-backup']);
  assert.equal(readdirSync(join(target, 'ds-backup')), ['completion']);
});

test('whatever a translation holds, the shell only reads it', () => {
  const odd = { word_a: 'l\'école $(touch x) `id` \\ "', word_b: 'a\nb' };
  const script = `${asShell(odd)}printf '%s|%s' "$word_a" "$word_b"`;
  assert.is(
    execFileSync('sh', ['-c', script], { encoding: 'utf8' }),
    `${odd.word_a}|${odd.word_b}`,
  );
});

test('its script has words for all that it says, and no others', () => {
  const script = readFileSync(STICK_PARTS.script, 'utf8');
  const used = [...script.matchAll(/\$(word_\w+)/g)].map(([, name = '']) => name);
  assert.equal([...new Set(used)].sort(), Object.keys(scriptWords(wordsOf(ENGLISH))).sort());
  assert.ok(existsSync(STICK_PARTS.script));
});

const PLACES: [settings: string, server: string][] = [
  ['listen = "0.0.0.0:8080"', 'http://schoolserver'],
  ['listen = "0.0.0.0:8080"\npublicPort = 0', 'http://schoolserver:8080'],
  ['listen = "0.0.0.0:8000"', 'http://schoolserver:8000'],
  ['listen = "0.0.0.0:80"', 'http://schoolserver'],
  ['listen = "0.0.0.0:8000"\npublicPort = 8081\nname = "xs"', 'http://xs:8081'],
];
for (const [settings, server] of PLACES) {
  test(`with ${settings.replace(/\n/g, ', ')}, laptops are told ${server}`, async () => {
    await using other = await openWhole(`[http]\n${settings}\n`);
    writeFileSync(hostKeyPublic(other.library.paths), `${KEY}\n`);
    assert.match(schoolSettings(other.library.config), `server = "${server}"\n`);
  });
}

test.run();
