/** Links a library's names again in a process of its own, to be killed at a failpoint: `PATHS-AS-JSON`. */

import { realClock } from '../../../shared/clock.ts';
import { silentLog as log } from '../../../shared/log.ts';
import { armFailpoint } from '../../../shared/system/failpoint.ts';
import { Checker } from '../../../xs/integrity/checker.ts';
import { relink } from '../../../xs/integrity/relink.ts';
import type { Paths } from '../../../xs/storage/paths.ts';
import { openPool } from '../../../xs/storage/pool.ts';

armFailpoint(process.env.DS_BACKUP_FAILPOINT);
const paths = JSON.parse(process.argv.at(-1) ?? '') as Paths;
const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
const ownership = { ownUid: uid, sessionUid: uid, sessionGid: gid };
const checker = new Checker({ paths, pool: openPool(paths, ownership), clock: realClock, log });
await relink({ paths, ownership, checker, log });
