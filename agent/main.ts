/**
 * The laptop's program: wires the process to the commands, and nothing else.
 */
import { realClock } from '../shared/clock.ts';
import { DsError } from '../shared/errors.ts';
import { armFailpoint } from '../shared/failpoint.ts';
import { runCli } from './cli.ts';

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

process.exitCode = await runCli({
  args: process.argv.slice(2),
  env: process.env,
  clock: realClock,
  signal: stop.signal,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
});
