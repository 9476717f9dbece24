/**
 * A service in short, to be killed at a failpoint: `damage-child.ts FOLDER CONTENT SHARD…` scrubs
 * these shards of the library, then another laptop sends the content, then they are scrubbed again.
 */

import { parseSerial } from '../../../shared/ids.ts';
import { armFailpoint } from '../../../shared/system/failpoint.ts';
import { scrubShard } from '../../../xs/integrity/scrub.ts';
import { backUp, openLibrary, uidOf } from '../library.ts';

const [folder = '', contents = '', ...shards] = process.argv.slice(2);
armFailpoint(process.env.DS_BACKUP_FAILPOINT);
const library = openLibrary(folder);
const other = parseSerial('SHC00800000');
library.addLaptop(other);
const scrub = async () => {
  for (const shard of shards) await scrubShard(library.context, Number(shard));
};
void (async () => {
  await scrub();
  const entries = contents
    .split(',')
    .map((content, n) => [uidOf(n), { title: 'hers', content }] as const);
  const outcome = await backUp(library, new Map(entries), other);
  if (outcome.state !== 'done') throw new Error(JSON.stringify(outcome));
  await scrub();
})();
