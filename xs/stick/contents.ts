/**
 * What a stick holds, as a list: the same for `xs-backup stick`, for the download and for the first stick,
 * which is made where there is no school yet.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import { findCatalogue } from '../../shared/words/catalogue.ts';
import { wordsOf } from '../../shared/words/language.ts';
import type { Words } from '../../shared/words/words.ts';
import { publicAddress } from '../admin/probes.ts';
import type { Config } from '../config.ts';
import { hostKeyPublic, type Paths } from '../storage/paths.ts';
import { asShell, scriptWords } from './install-words.ts';
import { printedPage } from './printed-page.ts';

/** A file by its path on the stick: made here, or copied from another. */
export type StickFile = { path: string } & ({ content: string } | { source: string });

/** Files of the program. */
export interface StickParts {
  /** `install.sh` */
  script: string;
  /** `<language>/LC_MESSAGES/ds-backup.mo` */
  locale: string;
}

/** The packages that this server was installed from; whoever makes others says where they are. */
export const packagesFolder = (config: Pick<Config, 'state'>): string =>
  join(config.state, 'packages');

/** `school` is undefined where no server exists yet. Throws `not-found` where no package lies in `packages`. */
export function stickFiles(
  { script, locale }: StickParts,
  packages: string,
  school: string | undefined,
): StickFile[] {
  const languages = languagesIn(locale);
  return [
    { path: 'install.sh', content: readFileSync(script, 'utf8') },
    { path: 'READ-ME.html', content: printedPage(languages) },
    ...languages.map(([language, words]) => ({
      path: `ds-backup/words/${language}.sh`,
      content: asShell(scriptWords(words)),
    })),
    ...(school === undefined ? [] : [{ path: 'ds-backup/school.toml', content: school }]),
    ...packagesIn(packages).map((name) => ({
      path: `ds-backup/packages/${name}`,
      source: join(packages, name),
    })),
  ];
}

/** Settings of a laptop that trusts this server before it has met it. Throws `not-found` before the first start. */
export function schoolSettings(config: Config): string {
  const key = readHostKey(config);
  return `# From the stick of the school: which server this laptop trusts.
server = "${publicAddress(config)}"
server-key = "${key}"
`;
}

/** The key by which laptops know this server. Throws `not-found` before the first start. */
export function readHostKey(paths: Paths): string {
  const file = hostKeyPublic(paths);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new DsError('not-found', 'this server has no key yet', {
    hint: 'the first "xs-backup serve" makes it',
  });
}

/** English first; by their two letters. */
function languagesIn(locale: string): [string, Words][] {
  const names = existsSync(locale) ? readdirSync(locale).sort() : [];
  return ['en', ...names].map((name) => [
    name,
    wordsOf(findCatalogue(locale, 'ds-backup', [name])),
  ]);
}

/** Ours, and below them a folder a release of Debian with what a bare one lacks. */
function packagesIn(folder: string): string[] {
  const names = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.deb'))
        .sort()
    : [];
  if (names.length > 0) return names;
  throw new DsError('not-found', `there are no packages in ${folder}`, {
    hint: 'install.sh of a stick puts them there; or name another folder with --packages',
  });
}
