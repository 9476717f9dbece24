/**
 * The laptop's program: connects the process (arguments, signals, streams) to the commands.
 */
import { realClock } from '../shared/clock.ts';
import { DsError } from '../shared/errors.ts';
import { armFailpoint } from '../shared/system/failpoint.ts';
import { runCli } from './cli/cli.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stop.abort(
      new DsError('cancelled', 'cancelled', {
        hint: 'what is done is kept; the same command goes on from there',
        retry: true,
      }),
    );
  });
}
armFailpoint(process.env.DS_BACKUP_FAILPOINT);

// Nothing at the top waits: the bundle is CommonJS, which V8 can keep compiled.
const run = runCli({
  args: process.argv.slice(2),
  env: process.env,
  clock: realClock,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  parent: process,
  stop,
  self: [process.execPath, ...process.execArgv.filter(isForWorkers), process.argv[1] ?? ''],
});
void run.then((code) => {
  process.exitCode = code;
});

/** The flags by which `bundle/start-node` keeps the agent small are not for its workers. */
function isForWorkers(flag: string): boolean {
  return !/^--(single-threaded|v8-pool-size|max-semi-space-size|no-opt|no-sparkplug)/.test(flag);
}
