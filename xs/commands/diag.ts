/**
 * What this server says of itself: `diag`, a report that names nobody, to send to whoever helps; and
 * `server-key`, for the settings of laptops.
 */
import { existsSync, readFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { DsError } from '../../shared/errors.ts';
import { run } from '../../shared/system/run.ts';
import { VERSION } from '../../shared/version.ts';
import { concerns } from '../admin/concerns.ts';
import { readStatus } from '../admin/status.ts';
import { hostKeyPublic } from '../storage/paths.ts';
import { answer, type Command, type LocalCommand } from './command.ts';

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
      settings: config,
      laptops: {
        safe: count('safe'),
        partly: count('partly'),
        late: count('late'),
        never: count('never'),
        damaged: count('damaged'),
      },
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

/** The line that makes a laptop trust this server, and no other, before it has met it. */
export const serverKey: LocalCommand = {
  summary: "the line for a laptop's config.toml that makes it trust this server only",
  run: async ({ paths, flags, print }) => {
    const file = hostKeyPublic(paths);
    if (!existsSync(file)) {
      throw new DsError('not-found', 'this server has no key yet', {
        hint: 'the first "xs-backup serve" makes it',
      });
    }
    const key = readFileSync(file, 'utf8').trim();
    print(flags.json ? `${JSON.stringify({ serverKey: key })}\n` : `server-key = "${key}"\n`);
  },
};
