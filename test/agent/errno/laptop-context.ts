/**
 * A test laptop from within: what its `ds-backup` would make of its flags.
 */
import { childEnvironment, readConfig } from '../../../agent/config.ts';
import type { Context } from '../../../agent/context.ts';
import { agentPaths, type Paths } from '../../../agent/paths.ts';
import { realClock } from '../../../shared/clock.ts';

interface Inside {
  paths: Paths;
  signal: AbortSignal;
  makeContext: () => Context;
}

/** `flags` are those of `Laptop.where()`. What was changed a moment ago counts as settled. */
export function laptopOf([, profile = '', , server = '']: readonly string[]): Inside {
  const paths = agentPaths(profile);
  const { signal } = new AbortController();
  const makeContext = (): Context => ({
    ...{ paths, clock: realClock, signal, env: childEnvironment(process.env) },
    config: readConfig(paths, { server }, '/nowhere'),
    freshness: { racyNs: 0n, settledMs: 0 },
    ...{ onProgress: () => {}, warn: () => {} },
  });
  return { paths, signal, makeContext };
}
