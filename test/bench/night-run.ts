/** `init` or `run` of a copy elsewhere in a process of its own, to be measured: CONFIG ACTION. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { realClock } from '../../shared/clock.ts';
import { readConfig } from '../../xs/config.ts';
import { initOffsite, runOffsite } from '../../xs/offsite/offsite.ts';
import { inState } from '../../xs/storage/paths.ts';

const [file = '', action = ''] = process.argv.slice(2);
const context = { config: readConfig(file, {}), env: process.env };
mkdirSync(dirname(inState(context.config).offsiteLock), { recursive: true });
if (action === 'init') await initOffsite(context);
else await runOffsite(context, realClock.now);
