/**
 * What this server says of itself: `diag`, a report that names nobody, to send to whoever helps; and
 * `server-key` and `stick`, with which laptops are set up. A stick is written by the user at the terminal,
 * because it belongs to whoever put it in.
 */
import { statSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { DsError, isSystemError } from '../../shared/errors.ts';
import { run } from '../../shared/system/run.ts';
import { VERSION } from '../../shared/version.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { concerns } from '../admin/concerns.ts';
import { STANDINGS } from '../admin/laptop-states.ts';
import { readStatus } from '../admin/status.ts';
import type { Config } from '../config.ts';
import { packagesFolder, readHostKey, schoolSettings, stickFiles } from '../stick/contents.ts';
import { writeStick } from '../stick/write.ts';
import { answer, type Command, type LocalCommand, usage } from './command.ts';
import { counted } from './lines.ts';

const MOUNT = ['--noheadings', '--output', 'FSTYPE,OPTIONS'] as const;

export const diag: Command = {
  onlyReads: true,
  summary: 'a report about this server without names, serials or keys, for those who help',
  run: async (context) => {
    const { library } = context;
    const { paths, config, env } = library;
    const found = await readStatus(library);
    const tool = async (command: string, ...args: string[]) => {
      const done = await run(command, args, { env, accept: [1, 255] }).catch(() => undefined);
      return `${done?.stdout ?? ''}${done?.stderr ?? ''}`.split('\n')[0] || 'not found';
    };
    const count = (standing: string) =>
      found.laptops.filter((one) => one.standing === standing).length;
    const facts = {
      'ds-backup': `${VERSION}, node ${process.version}, ${platform()} ${release()} ${arch()}`,
      rsync: await tool('rsync', '--version'),
      ssh: await tool('ssh', '-V'),
      bubblewrap: await tool('bwrap', '--version'),
      'file system': await tool('findmnt', ...MOUNT, '--target', paths.library),
      settings: withoutPlaces(config),
      laptops: Object.fromEntries(STANDINGS.map((one) => [one, count(one)])),
      decisions: {
        ...{ held: found.held.length, waitingKeys: found.waitingKeys.length },
        overQuota: found.overQuota.length,
      },
      disk: found.disk,
      forecast: found.forecast,
      scrub: { ...found.scrub, damaged: found.damaged, trash: found.trash },
      clock: found.clock,
      concerns:
        concerns(found)
          .map(({ type }) => type)
          .join(', ') || 'none',
    };
    answer(context, facts, () =>
      Object.entries(facts).map(
        ([name, fact]) => `${name}: ${typeof fact === 'string' ? fact : JSON.stringify(fact)}`,
      ),
    );
  },
};

/** An address elsewhere can have a name and a password in it. */
function withoutPlaces(config: Config) {
  const { repository, sftpCommand, ...offsite } = config.offsite;
  const kind = repository === '' ? 'none' : (/^\w+(?=:)/.exec(repository)?.[0] ?? 'folder');
  return { ...config, offsite: { ...offsite, kind, ownCommand: sftpCommand !== '' } };
}

/** The line that makes a laptop trust this server, and no other, before it has met it. */
export const serverKey: LocalCommand = {
  summary: "the line for a laptop's config.toml that makes it trust this server only",
  run: async ({ paths, flags, print }) => {
    const key = readHostKey(paths);
    print(flags.json ? `${JSON.stringify({ serverKey: key })}\n` : `server-key = "${key}"\n`);
  },
};

export const stick: LocalCommand = {
  takes: ['DIR'],
  flags: ['packages'],
  summary: 'write packages, install.sh and the key of this server to a stick for the laptops',
  run: async ({ config, stickParts, args: [folder], flags, print, progress }) => {
    if (folder === undefined) throw usage('stick needs DIR, the folder where the stick is');
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new DsError('not-found', `${folder} is not a folder`, {
        hint: 'put the stick in; "lsblk" shows where it is',
      });
    }
    const from = flags.packages ?? packagesFolder(config);
    const files = stickFiles(stickParts, from, schoolSettings(config));
    try {
      const bytes = writeStick(folder, files, (done, name) =>
        progress({ done, of: files.length, text: `files, ${name}` }),
      );
      if (flags.json) return print(`${JSON.stringify({ folder, files: files.length, bytes })}\n`);
      print(`${counted(files.length, 'file', 'files')}, ${formatBytes(bytes)} in ${folder}\n`);
      print('on a laptop: sudo sh install.sh laptop; READ-ME.html is to be printed\n');
    } catch (cause) {
      if (!isSystemError(cause)) throw cause;
      const hint = 'the stick may be full or write-protected; with "sudo", this writes as root';
      throw new DsError('bad-input', `cannot write ${folder}: ${cause.message}`, { hint, cause });
    }
  },
};
