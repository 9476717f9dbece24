/**
 * The Backup activity's process: wires Sugar's settings, the window, the agent and the model, and
 * runs GTK's main loop until the child or the shell ends it.
 */
import { dirname } from 'node:path';
import { describeForTerminal } from '../shared/errors.ts';
import { startActivity } from './activity.ts';
import { readConfig } from './config.ts';

try {
  const config = readConfig(process.argv.slice(2), process.env, dirname(process.argv[1] ?? '.'));
  startActivity(config, () => process.exit(0));
} catch (error) {
  process.stderr.write(`${describeForTerminal(error)}\n`);
  process.exit(2);
}
