/**
 * The Backup activity's process: wires configuration, language, window, session bus and agent, and
 * runs GTK's main loop.
 */
import { dirname, join } from 'node:path';
import { describeForTerminal } from '../shared/errors.ts';
import { createLog } from '../shared/log.ts';
import { findCatalogue } from '../shared/words/catalogue.ts';
import { wordsOf } from '../shared/words/language.ts';
import { Activity } from './activity.ts';
import { type ActivityConfig, BUNDLE_ID, readConfig } from './config.ts';
import { Gtk } from './gtk.ts';

const log = createLog((line) => process.stderr.write(line));

/** Collects once what only the start needed: the activity may stay open for hours. */
const giveBack = () => void globalThis.gc?.();
const SETTLED_MS = 2000;

/** How long it takes until a session bus that was not there is looked for again. */
const LOOK_AGAIN_MS = 15_000;

/** Connects again and again: without a session bus the screen says so. */
async function stayConnected(activity: Activity, config: ActivityConfig): Promise<never> {
  for (;;) {
    try {
      await connect(activity, config);
    } catch (error) {
      log.warn('no-session-bus', { error: String(error) });
      await activity.cutOff(LOOK_AGAIN_MS);
    }
  }
}

/** Connects to the session bus and the agent, after the first picture is drawn. Throws when the bus is lost. */
async function connect(activity: Activity, config: ActivityConfig): Promise<void> {
  const { Bus } = await import('../shared/system/bus.ts');
  const { serveShell } = await import('./sugar/activityservice.ts');
  const { AgentClient } = await import('./client.ts');
  const { Asker } = await import('./asker.ts');
  using bus = await Bus.open(config.busAddress);
  const onActive = (active: boolean) => activity.setActive(active);
  await serveShell(bus.raw, config.activityId, { onActive });
  const client = new AgentClient(bus, {
    agent: (agent) => activity.dispatch({ type: 'agent', agent }),
    job: (path, job) => activity.dispatch({ type: 'job', path, job }),
  });
  const asker = new Asker(
    client,
    (event) => activity.dispatch(event),
    async (link) => {
      const { openInBrowse } = await import('./browser.ts');
      const onFailure = (error: Error) => log.warn('no-browse', { error: error.message });
      openInBrowse(link, { ...config, env: process.env, onFailure });
    },
  );
  activity.connect({ client, asker });
  await client.start();
  setTimeout(giveBack, SETTLED_MS);
  await bus.lost;
}

/** At logout the shell asks first, and ends this process by itself only after an answer. */
async function takePart(activity: Activity): Promise<void> {
  const { joinSession } = await import('./sugar/session.ts');
  joinSession({ onEnding: () => activity.settle(), onEnd: () => activity.close() });
}

try {
  const config = readConfig(process.argv.slice(2), process.env, dirname(process.argv[1] ?? '.'));
  const folder = join(config.bundlePath, 'locale');
  const catalogue = findCatalogue(folder, BUNDLE_ID, config.languages);
  const activity = new Activity(config, wordsOf(catalogue), () => process.exit(0));
  // At logout what still waits for an undo is carried out.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => activity.close());
  activity.onFirstPaint(() => {
    if (config.hasSession) void takePart(activity);
    if (config.timing) log.info('painted', { ms: Math.round(process.uptime() * 1000) });
  });
  void stayConnected(activity, config);
  Gtk.main();
} catch (error) {
  process.stderr.write(`${describeForTerminal(error)}\n`);
  process.exit(2);
}
