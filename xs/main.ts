/**
 * The school server's program: wires the process to the commands, and nothing else.
 */
import { fileURLToPath } from 'node:url';
import { DsError, describeForTerminal } from '../shared/errors.ts';
import { createLog } from '../shared/log.ts';
import { armFailpoint } from '../shared/system/failpoint.ts';
import { inheritedSockets } from './api/inherited-sockets.ts';
import { runCli } from './cli.ts';
import { askSecret } from './commands/sign-on/ask-secret.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
armFailpoint(process.env.DS_BACKUP_FAILPOINT);

/** Why the answer cannot be written any more; EPIPE: who read it has seen enough. */
let unwritten: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error) => {
  unwritten ??= error;
  stop.abort();
});
process.stderr.on('error', () => {}); // nobody is left to be told
const { TERM, NO_COLOR } = process.env;
const mayDraw = process.stderr.isTTY && TERM !== 'dumb' && !NO_COLOR;

try {
  process.exitCode = await runCli({
    args: process.argv.slice(2),
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    env: process.env,
    sessionScript: fileURLToPath(new URL('./ssh/ds-session.sh', import.meta.url)),
    pageFiles: {
      styleSheets: ['./pages/style.css', './pages/teacher/teacher.css'].map((file) =>
        fileURLToPath(new URL(file, import.meta.url)),
      ),
      locale: fileURLToPath(new URL('./locale', import.meta.url)),
    },
    stickParts: {
      script: fileURLToPath(new URL('./stick/install.sh', import.meta.url)),
      locale: fileURLToPath(new URL('./locale', import.meta.url)),
    },
    log: createLog((line) => process.stderr.write(line)),
    print: (text) => process.stdout.write(text),
    drawBar: mayDraw ? (text) => process.stderr.write(text) : undefined,
    ask: (question) => askSecret(question, process.stdin, process.stderr),
    signal: stop.signal,
    inherited: inheritedSockets(process.env, process.pid),
  });
} catch (error) {
  if (!unwritten) process.stderr.write(`${describeForTerminal(error)}\n`);
  process.exitCode = error instanceof DsError && error.code === 'usage' ? 2 : 1;
}
await new Promise((resolve) => process.stdout.write('', resolve));
if (unwritten?.code === 'EPIPE') process.exitCode = 0;
else if (unwritten) {
  process.stderr.write(`error: the answer cannot be written: ${unwritten.message}\n`);
  process.exitCode = 1;
}
