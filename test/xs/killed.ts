/** A program of the tests that ends at a named point, as if the plug was pulled. */
import { spawn } from 'node:child_process';
import * as assert from 'uvu/assert';

/** Runs Node with these arguments; throws where it did not pass the point. */
export async function killedAt(point: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, DS_BACKUP_FAILPOINT: point },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece.toString();
  });
  const signal = await new Promise((resolve) => child.once('close', (_code, by) => resolve(by)));
  assert.is(signal, 'SIGKILL', `${point} was passed: ${stderr}`);
}
