/**
 * Does one thing to a library in a process of its own, so that it can be killed on the way:
 *
 *     DS_BACKUP_FAILPOINT=… node --import tsx test/xs/actor.ts FOLDER TIME ACT [ARGUMENT…]
 *
 * TIME is what the clock shows, in milliseconds since 1970. When it is done it says the moment, in nanoseconds of
 * the monotonic clock; with HOLD=1 it stands still then, before it closes anything.
 */
import { writeSync } from 'node:fs';
import { armFailpoint } from '../../shared/system/failpoint.ts';
import { act } from './acts.ts';
import { openWhole, testClock } from './whole.ts';

const [folder = '', time = '0', name = '', ...args] = process.argv.slice(2);
const clock = testClock(new Date(Number(time)).toISOString());
await using whole = await openWhole('', { folder, clock });
armFailpoint(process.env.DS_BACKUP_FAILPOINT);
await act(whole, name, args);
const moment = process.hrtime.bigint();
writeSync(1, `done ${moment}\n`);
if (process.env.HOLD) process.kill(process.pid, 'SIGSTOP');
