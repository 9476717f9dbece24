/** Adopts a laptop in a process of its own, to be killed at a failpoint: `PATHS-AS-JSON SERIAL`. */

import { parseSerial } from '../../../shared/ids.ts';
import { armFailpoint } from '../../../shared/system/failpoint.ts';
import type { Paths } from '../../../xs/storage/paths.ts';
import { adopt, adoptContext } from './original-library.ts';

armFailpoint(process.env.DS_BACKUP_FAILPOINT);
const [paths = '', serial] = process.argv.slice(-2);
await adopt(adoptContext(JSON.parse(paths) as Paths), parseSerial(serial));
