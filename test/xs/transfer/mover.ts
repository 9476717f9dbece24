/**
 * One step of a move in a process of its own, so that it can be killed on the way:
 *
 *     DS_BACKUP_FAILPOINT=… node --import tsx test/xs/transfer/mover.ts FOLDER DATE transfer|command ARGUMENT…
 */
import { armFailpoint } from '../../../shared/system/failpoint.ts';
import { openWhole, testClock } from '../whole.ts';
import { transfer } from './schools.ts';

const [folder = '', date = '', kind = '', ...args] = process.argv.slice(2);
await using whole = await openWhole('', { folder, clock: testClock(date), stranger: true });
armFailpoint(process.env.DS_BACKUP_FAILPOINT);
if (kind === 'transfer') await transfer(whole, args);
else await whole.command(args[0] ?? '', args.slice(1));
