/** The version of a build: grows with each commit, and is that of the commit wherever it is built. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { releaseOf } from '../../bundle/release.ts';
import { VERSION } from '../../shared/version.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { root } from '../tree.ts';
import { commit, must } from './build-tree.ts';

const test = suite('the version of a build');
const folder = temporaryFolder(test);
const clone = join(folder, 'clone');
/** 2026-11-30 09:05:07 UTC: Sugar takes no number that begins with 0. */
const TIME = Date.UTC(2026, 10, 30, 9, 5, 7) / 1000;
const SOURCES = ['shared'];

const release = (from: string, env: NodeJS.ProcessEnv = {}) => releaseOf(from, SOURCES, env);

test.before(() => {
  mkdirSync(join(clone, 'bundle'), { recursive: true });
  mkdirSync(join(clone, 'shared'));
  for (const name of ['.gitattributes', 'bundle/commit.txt']) {
    writeFileSync(join(clone, name), readFileSync(join(root, name)));
  }
  writeFileSync(join(clone, 'shared/code.ts'), 'one\n');
  writeFileSync(join(clone, 'README.md'), 'one\n');
  must(clone, 'git init -q && git add .');
  commit(clone, TIME - 1000);
  commit(clone, TIME);
});

test('is that of package.json, the time of the commit, and its name', () => {
  const hash = must(clone, 'git rev-parse HEAD').slice(0, 8);
  assert.equal(release(clone), {
    version: `${VERSION}+20261130.090507.${hash}`,
    sugarVersion: `${VERSION}.20261130.90507`,
    time: TIME,
  });
});

test('is the same in a shallow clone and in an archive, and not of the repository around it', () => {
  must(folder, `git clone -q --depth 1 'file://${clone}' shallow`);
  // Below the shallow clone: without git of its own, in somebody else's.
  must(clone, 'mkdir ../shallow/inner && git archive HEAD | tar -x -C ../shallow/inner');
  for (const place of ['shallow', 'shallow/inner']) {
    assert.equal(release(join(folder, place)), release(clone), place);
  }
});

test('says that what is built has changed since, and does not speak of what is not built', () => {
  writeFileSync(join(clone, 'README.md'), 'two\n');
  const { version } = release(clone);
  assert.not.match(version, /changed/);
  writeFileSync(join(clone, 'shared/code.ts'), 'two\n');
  assert.is(release(clone).version, `${version}.changed`);
  must(clone, 'git checkout -q .');
});

test('a build of no known commit is older than every other, unless it is given a date', () => {
  const copy = join(folder, 'copy');
  mkdirSync(join(copy, 'bundle'), { recursive: true });
  writeFileSync(join(copy, 'bundle/commit.txt'), readFileSync(join(root, 'bundle/commit.txt')));
  assert.equal([release(copy).version, release(copy).sugarVersion], [VERSION, VERSION]);
  assert.equal(release(copy), release(copy));
  const env = { SOURCE_DATE_EPOCH: String(TIME) };
  assert.equal(release(copy, env), {
    version: `${VERSION}+20261130.090507`,
    sugarVersion: `${VERSION}.20261130.90507`,
    time: TIME,
  });
  // Where the commit is known, the date is that of the files only.
  const dated = release(clone, { SOURCE_DATE_EPOCH: '7' });
  assert.equal([dated.version, dated.time], [release(clone).version, 7]);
  for (const nonsense of ['', 'yesterday', '-1', '1e9']) {
    assert.equal(release(copy, { SOURCE_DATE_EPOCH: nonsense }), release(copy), nonsense);
  }
});

test('grows for dpkg and for Sugar with every second, at midnight and with the next version', () => {
  const times = [0, 1, 60, 3600, 53_693, 86_400, 4_000_000].map((more) => TIME + more);
  const copy = join(folder, 'copy');
  const releases = times.map((time) => release(copy, { SOURCE_DATE_EPOCH: String(time) }));
  const versions = ['0.0.9', VERSION, ...releases.map(({ version }) => version), `${VERSION}.1`];
  for (const [index, version] of versions.slice(1).entries()) {
    const compared = ['--compare-versions', `${version}-1`, 'gt', `${versions[index]}-1`];
    assert.is(spawnSync('dpkg', compared).status, 0, compared.join(' '));
  }
  const sugar = [VERSION, ...releases.map(({ sugarVersion }) => sugarVersion)];
  const script = `import sys
from sugar3.bundle.bundleversion import NormalizedVersion
versions = [NormalizedVersion(one) for one in sys.argv[1:]]
assert versions == sorted(versions) and len(set(map(str, versions))) == len(versions), versions`;
  const compared = spawnSync('/usr/bin/python3', ['-c', script, ...sugar], { encoding: 'utf8' });
  assert.equal([compared.stderr, compared.status], ['', 0]);
});

test('CHANGELOG.md begins with the version that is built', () => {
  const [, first] = /^## (\S+)/m.exec(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')) ?? [];
  assert.is(first, VERSION);
});

test.run();
