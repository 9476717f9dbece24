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

/** Why the answer cannot be written; EPIPE: who read it has seen enough. The work itself goes on. */
let unwritten: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error) => {
  unwritten ??= error;
});
process.stderr.on('error', () => {}); // nobody is left to be told

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
  const conclude = () => {
    if (!unwritten || unwritten.code === 'EPIPE') return;
    process.stderr.write(`error: the answer cannot be written: ${unwritten.message}\n`);
    process.exitCode = code || 1;
  };
  process.stdout.write('', () => setImmediate(conclude)); // an error is told after the write that met it
});

/** Flags that keep the agent's memory small are not for its workers, which have to be quick. */
function isForWorkers(flag: string): boolean {
  return !/^--(single-threaded|v8-pool-size|max-semi-space-size|max-lazy|jitless)/.test(flag);
}
