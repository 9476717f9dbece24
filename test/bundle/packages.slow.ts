// weight: 60
/**
 * The Debian packages as `npm run package` makes them: the same bytes of the same commit, whoever builds them and
 * however; everybody may read what is in them; a later commit is a newer version.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VERSION } from '../../shared/version.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { commit, makeClone, makeLocale, makePrivateArchive, must, sh } from './build-tree.ts';

const test = suite('the Debian packages');
const folder = temporaryFolder(test);
const NAMES = 'xs-backup ds-backup-agent sugar-activity-backup';
const PACKAGE = `node --import tsx bundle/deb/main.ts ${NAMES}`;
const TIME = 1_790_000_000;

const clone = join(folder, 'clone');
const archive = join(folder, 'archive');

const packagesIn = (tree: string) =>
  readdirSync(join(tree, 'dist/packages'))
    .filter((name) => name.endsWith('.deb'))
    .sort();
const field = (path: string, name: string) =>
  execFileSync('dpkg-deb', ['-f', path, name], { encoding: 'utf8' }).trim();

test.before(() => {
  makeClone(clone, TIME);
  makePrivateArchive(clone, archive);
});

test('one commit gives the same bytes from a clone and from an archive, in any locale and time zone', () => {
  must(clone, `umask 022; ${PACKAGE}`);
  const locale = makeLocale(join(folder, 'locale'));
  if (!locale) process.stdout.write('skip: no localedef, built in one locale only\n');
  must(archive, `umask 077; ${PACKAGE}`, { ...locale, TZ: 'Asia/Kolkata' });
  assert.equal(packagesIn(archive), packagesIn(clone));
  assert.is(packagesIn(clone).length, NAMES.split(' ').length);
  for (const name of packagesIn(clone)) {
    const [one, other] = [clone, archive].map((tree) => join(tree, 'dist/packages', name));
    const differ = spawnSync('cmp', [one ?? '', other ?? ''], { encoding: 'utf8' });
    assert.is(differ.stdout, '', name);
  }
});

test('what somebody builds who keeps her own files to herself, everybody can read', () => {
  for (const name of packagesIn(archive)) {
    const path = join(archive, 'dist/packages', name);
    assert.is(statSync(path).mode & 0o777, 0o644, name);
    const listed = execFileSync('dpkg-deb', ['-c', path], { encoding: 'utf8' }).trim().split('\n');
    assert.ok(listed.length > 10);
    const closed = listed.filter(
      (line) => !/^(.r..r..r|l)/.test(line) || /^d(?!rwxr-xr-x)/.test(line),
    );
    assert.equal(closed, [], name);
  }
});

test("the activity's bundle and the tarball too: equal bytes, readable, of the same version", () => {
  const make = 'node --import tsx bundle/xo.ts && sh bundle/tarball.sh';
  must(clone, `umask 022; ${make}`);
  must(archive, `umask 077; ${make}`, { TZ: 'Asia/Kolkata' });
  const found = must(clone, 'cd dist && ls Backup-*.xo packages/*.tar.xz').trim().split('\n');
  const hash = must(clone, 'git rev-parse HEAD').slice(0, 8);
  assert.equal(found, [
    `Backup-${VERSION}.20260921.141320.xo`,
    `packages/ds-backup-${VERSION}+20260921.141320.${hash}.tar.xz`,
  ]);
  for (const name of found) {
    assert.is(must(folder, `cmp clone/dist/${name} archive/dist/${name}`), '');
    assert.is(statSync(join(archive, 'dist', name)).mode & 0o777, 0o644, name);
  }
  const listed = must(archive, `tar -tvf dist/${found[1]}`).trim().split('\n');
  assert.equal(
    listed.filter((line) => !/^(-r..r..r|dr.xr.xr.x|l)/.test(line)),
    [],
  );
});

test('md5sums name every file once, in the order of bytes', () => {
  for (const name of packagesIn(archive)) {
    const path = join(archive, 'dist/packages', name);
    const tree = join(folder, 'unpacked', name);
    execFileSync('mkdir', ['-p', tree]);
    execFileSync('dpkg-deb', ['-R', path, tree]);
    const sums = readFileSync(join(tree, 'DEBIAN/md5sums'), 'utf8').trim().split('\n');
    const named = sums.map((line) => line.slice(34));
    assert.equal(named, [...named].sort());
    const found = must(tree, 'find . -path ./DEBIAN -prune -o -type f -printf "%P\\n"').trim();
    assert.equal(named, found.split('\n').sort());
    assert.is(must(tree, 'md5sum -c --quiet DEBIAN/md5sums'), '');
  }
});

/** What documents below `tree` refer to and is not there, as `FILE: LINK`. */
function deadLinks(tree: string): string[] {
  const texts = readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(md|html)$/.test(path),
  );
  assert.ok(texts.length > 0);
  return texts.flatMap((path) =>
    [...readFileSync(join(tree, path), 'utf8').matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)]
      .map(([, inText, inPage]) => inText ?? inPage ?? '')
      .filter((link) => !/^([a-z]+:|#)/.test(link))
      .filter((link) => !existsSync(join(tree, dirname(path), link.replace(/#.*/, ''))))
      .map((link) => `${path}: ${link}`),
  );
}

test('a tarball that would lack something is not made', () => {
  const tarball = must(archive, 'ls dist/packages/*.tar.xz').trim();
  const before = must(archive, `sha256sum ${tarball}`);
  assert.is.not(sh(archive, 'mv LICENSE away; sh bundle/tarball.sh').exitCode, 0);
  assert.is(must(archive, 'mv away LICENSE; sha256sum dist/packages/*.tar*'), before);
});

test('every picture and document that a guide refers to is shipped with it', () => {
  const tarball = must(archive, 'ls dist/packages/*.tar.xz').trim();
  const unpacked = join(folder, 'tarball');
  must(archive, `mkdir ${unpacked} && tar -xf ${tarball} -C ${unpacked}`);
  assert.equal(deadLinks(unpacked), [], 'the tarball');
  const server = packagesIn(archive).find((name) => name.startsWith('xs-backup_')) ?? '';
  assert.equal(deadLinks(join(folder, 'unpacked', server)), [], server);
});

/** `@scope/name` or `name` of paths in node_modules. */
const packagesOf = (paths: readonly string[]) =>
  paths.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);

/** Packages behind the code of a program, by its source maps, which esbuild writes beside its list of inputs. */
function bundledIn(program: string): string[] {
  const dist = join(archive, 'dist');
  const files = readFileSync(join(dist, `${program}.files`), 'utf8')
    .trim()
    .split('\n');
  const maps = files.map((file) => join(dist, `${file}.map`)).filter((path) => existsSync(path));
  assert.ok(maps.length > 0);
  return packagesOf(maps.flatMap((path) => JSON.parse(readFileSync(path, 'utf8')).sources));
}

/** Package → what has to be named in it beside the packages that lie in it as they are. */
const NAMED: Readonly<Record<string, () => readonly string[]>> = {
  'xs-backup': () => [...bundledIn('xs-backup'), 'node-addon-api', 'SQLite'],
  'ds-backup-agent': () => [...bundledIn('ds-backup'), 'node-addon-api', 'SQLite'],
  'sugar-activity-backup': () => ['dbus-next', 'node-gtk', 'nan'],
};

for (const [package_, others] of Object.entries(NAMED)) {
  test(`the copyright of ${package_} names every npm package in it, and what is compiled in`, () => {
    const name = packagesIn(archive).find((one) => one.startsWith(`${package_}_`)) ?? '';
    const tree = join(folder, 'unpacked', name);
    const text = readFileSync(join(tree, 'usr/share/doc', package_, 'copyright'), 'utf8');
    const named = [...text.matchAll(/^Files: (\S+) \S+ \(bundled\)$/gm)].map(([, one]) => one);
    const paths = readdirSync(tree, { recursive: true, encoding: 'utf8' });
    const wanted = new Set([...packagesOf(paths), ...others()]);
    assert.equal([...wanted].filter((one) => !named.includes(one)).sort(), []);
    assert.equal(
      named.filter((one, index) => named.indexOf(one) !== index),
      [],
      'twice',
    );
  });
}

test('a commit of a second later is a newer version for dpkg; one with changes in it is newer still', () => {
  const [before] = packagesIn(clone);
  const was = field(join(clone, 'dist/packages', before ?? ''), 'Version');
  commit(clone, TIME + 1);
  const versions = [was];
  for (const change of ['', 'echo "# one more" >>bundle/laptop/ds-backup.timer']) {
    must(
      clone,
      `${change}\nrm -rf dist/packages; node --import tsx bundle/deb/main.ts ds-backup-agent`,
    );
    const [name = ''] = packagesIn(clone);
    versions.push(field(join(clone, 'dist/packages', name), 'Version'));
  }
  assert.is(new Set(versions).size, 3, versions.join(' '));
  for (const [index, version] of versions.slice(1).entries()) {
    const compared = ['--compare-versions', version, 'gt', versions[index] ?? ''];
    assert.is(spawnSync('dpkg', compared).status, 0, compared.join(' '));
  }
});

test.run();
