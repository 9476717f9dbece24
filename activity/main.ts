/**
 * The Backup activity's process: wires configuration, language, window, session bus and agent, and
 * runs GTK's main loop until the child or the shell ends it.
 */
import { dirname } from 'node:path';
import { describeForTerminal } from '../shared/errors.ts';
import { createLog } from '../shared/log.ts';
import { Activity } from './activity.ts';
import { type ActivityConfig, readConfig } from './config.ts';
import { Gtk } from './gtk.ts';
import { ENGLISH, wordsOf } from './language.ts';

const log = createLog((line) => process.stderr.write(line));

/** After the first picture: D-Bus and all that needs it. */
async function connect(activity: Activity, config: ActivityConfig): Promise<void> {
  const { Bus } = await import('../shared/bus.ts');
  const { serveShell } = await import('./sugar/shell.ts');
  const { AgentClient } = await import('./client.ts');
  const { Asker } = await import('./asker.ts');
  const bus = await Bus.open(config.busAddress);
  const onActive = (active: boolean) => activity.setActive(active);
  await serveShell(bus.raw, config.activityId, { onActive });
  const client = new AgentClient(bus, {
    agent: (agent) => activity.dispatch({ on: 'agent', agent }),
    job: (path, job) => activity.dispatch({ on: 'job', path, job }),
  });
  const asker = new Asker(
    client,
    (event) => activity.dispatch(event),
    () => {},
  );
  activity.connect({ client, asker });
  await client.start();
}

try {
  const config = readConfig(process.argv.slice(2), process.env, dirname(process.argv[1] ?? '.'));
  const activity = new Activity(config, wordsOf('en', ENGLISH), () => process.exit(0));
  activity.onFirstPaint(() => {
    if (config.timing) log.info('painted', { ms: Math.round(process.uptime() * 1000) });
  });
  const lost = (error: unknown) => log.warn('no-session-bus', { error: String(error) });
  void connect(activity, config).catch(lost);
  Gtk.main();
} catch (error) {
  process.stderr.write(`${describeForTerminal(error)}\n`);
  process.exit(2);
}
