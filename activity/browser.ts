/**
 * Opens a link in Sugar's Browse.
 *
 * Browse ends at its start on a laptop that is registered with a school server: where Sugar's setting `backup-url` is
 * set, it hashes the child's key, which is text since Sugar runs on Python 3. So Browse is started with settings of
 * its own: the child's, below a database of the bundle in which that one is empty and locked. Nothing is changed in
 * the child's own settings. Where Sugar keeps its settings elsewhere than in dconf, this has no effect.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where dconf reads which databases make the settings, unless the environment names another file. */
const SYSTEM_PROFILE = '/etc/dconf/profile/user';
/** What dconf does without such a file. */
const DEFAULT_PROFILE = 'user-db:user\n';
/** Made by bundle/xo.ts. */
const DATABASE = 'browse.dconf';

export interface BrowserOptions {
  /** The folder that the bundle was unpacked into. */
  bundlePath: string;
  /** Where Sugar lets this activity keep its own files. */
  dataFolder: string;
  env: NodeJS.ProcessEnv;
  onFailure: (error: Error) => void;
}

/** Opens an http or https link with Sugar's own launcher; anything else is not opened. */
export function openInBrowse(link: string, options: BrowserOptions): void {
  if (!/^https?:\/\/[^\s]+$/.test(link)) return;
  const browse = spawn('sugar-launch', ['-u', link, 'org.laptop.WebActivity'], {
    stdio: 'ignore',
    detached: true,
    env: browseEnvironment(options),
  });
  browse.on('error', options.onFailure);
  browse.unref();
}

/** The environment that Browse starts in; the activity's own where the settings cannot be written. */
export function browseEnvironment(options: BrowserOptions): NodeJS.ProcessEnv {
  const { bundlePath, dataFolder, env, onFailure } = options;
  const profile = join(dataFolder, 'browse-settings');
  try {
    mkdirSync(dataFolder, { recursive: true });
    writeFileSync(profile, `${baseProfile(env)}file-db:${join(bundlePath, DATABASE)}\n`);
    return { ...env, DCONF_PROFILE: profile };
  } catch (error) {
    onFailure(error as Error);
    return env;
  }
}

/** As dconf finds it: a path, or a name in its own folder. */
function baseProfile({ DCONF_PROFILE: named }: NodeJS.ProcessEnv): string {
  const path = named?.startsWith('/') ? named : named && join('/etc/dconf/profile', named);
  try {
    const text = readFileSync(path || SYSTEM_PROFILE, 'utf8');
    return text.endsWith('\n') ? text : `${text}\n`;
  } catch {
    return DEFAULT_PROFILE;
  }
}
