/**
 * Copies of this tree in which something is built: a clone of its own, or what git makes an archive of.
 * Nothing of the tree itself is touched.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../tree.ts';

/** All that is built comes from these. */
const SOURCES = ['activity', 'agent', 'shared', 'xs', 'bundle'];
const FILES = [
  ...['package.json', 'package-lock.json', 'tsconfig.json', '.gitattributes', '.npmrc'],
  ...['LICENSE', 'README.md', 'CHANGELOG.md', 'ARCHITECTURE.md', 'MIGRATION.md', 'PROTOCOL.md'],
  ...['CONTRIBUTING.md', 'test/bench/README.md'],
];

interface Ran {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a script of the shell in `folder`. */
export function sh(folder: string, script: string, env: NodeJS.ProcessEnv = {}): Ran {
  const all = { ...process.env, SOURCE_DATE_EPOCH: undefined, ...env };
  const done = spawnSync('sh', ['-c', script], { cwd: folder, env: all, encoding: 'utf8' });
  return { exitCode: done.status, stdout: done.stdout, stderr: done.stderr };
}

/** What it printed; throws where it ends with anything but 0. */
export function must(folder: string, script: string, env: NodeJS.ProcessEnv = {}): string {
  const done = sh(folder, script, env);
  if (done.exitCode === 0) return done.stdout;
  throw new Error(`${script}: ${done.exitCode}\n${done.stdout}${done.stderr}`);
}

/** A repository with one commit of `time` (seconds since 1970), and what is needed to build in it. */
export function makeClone(folder: string, time: number): void {
  mkdirSync(folder, { recursive: true });
  for (const name of [...SOURCES, ...FILES]) {
    if (existsSync(join(root, name)))
      cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, '.gitignore'), 'dist/\nnode_modules\n');
  must(folder, 'git init -q && git add .');
  commit(folder, time);
  addModules(folder);
}

/** One more commit, of this time. */
export function commit(folder: string, time: number): void {
  const date = `${time} +0000`;
  const who = { GIT_AUTHOR_NAME: 'Rosa', GIT_AUTHOR_EMAIL: 'rosa@localhost' };
  const by = { GIT_COMMITTER_NAME: 'Rosa', GIT_COMMITTER_EMAIL: 'rosa@localhost' };
  const env = { ...who, ...by, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  must(folder, 'git commit -q --allow-empty -a -m x', env);
}

/** What git gives away of the clone's last commit, only its owner may read: no git, no other rights. */
export function makePrivateArchive(clone: string, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  must(clone, `umask 077; git archive HEAD | tar -x -C '${folder}' && chmod -R go-rwx '${folder}'`);
  addModules(folder);
}

/** The npm packages of this tree: not their caches, so that each copy builds for itself. */
function addModules(folder: string): void {
  const target = join(folder, 'node_modules');
  const source = join(root, 'node_modules');
  // Hard links, where the two are on the same disk.
  const linked = spawnSync('cp', ['-al', source, target]).status === 0;
  if (!linked) {
    rmSync(target, { recursive: true, force: true });
    execFileSync('cp', ['-a', source, target]);
  }
  rmSync(join(target, '.cache'), { recursive: true, force: true });
}

/** A folder of locales with one that sorts neither as bytes do nor upper case first; for LOCPATH. */
export function makeLocale(folder: string): { LOCPATH: string; LC_ALL: string } | undefined {
  mkdirSync(folder, { recursive: true });
  const made = ['-c', '-i', 'en_US', '-f', 'UTF-8', join(folder, 'en_US.UTF-8')];
  spawnSync('localedef', made, { stdio: 'ignore' });
  if (!existsSync(join(folder, 'en_US.UTF-8/LC_COLLATE'))) return undefined;
  return { LOCPATH: folder, LC_ALL: 'en_US.UTF-8' };
}
