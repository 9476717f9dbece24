/**
 * `server-key`: the line that makes a laptop trust this server, and no other, before it has met it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import { hostKeyPublic } from '../storage/paths.ts';
import type { LocalCommand } from './command.ts';

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
