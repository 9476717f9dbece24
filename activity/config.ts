/** Sugar's arguments and the environment, read and validated. */
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { DsError } from '../shared/errors.ts';
import { languagesOf } from '../shared/words/catalogue.ts';
import { readScaling } from './sugar/style.ts';

export const BUNDLE_ID = 'org.sugarlabs.Backup';

export interface ActivityConfig {
  bundleId: string;
  activityId: string;
  /** The folder that the bundle was unpacked into. */
  bundlePath: string;
  scaling: number;
  /** Languages in gettext's order of preference, e.g. `['es_PE.UTF-8', 'es']`. */
  languages: readonly string[];
  busAddress: string;
  /** Whether the session tells by XSMP that it ends. */
  hasSession: boolean;
  /** Folders with installed activities, the child's own first. */
  activityFolders: readonly string[];
  /** Where Sugar lets this activity keep its own files. */
  dataFolder: string;
  /** Log how long it took until something was visible. */
  timing: boolean;
}

/** Throws a `DsError` for an activity id that Sugar would not give. */
export function readConfig(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  bundlePath: string,
): ActivityConfig {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      'bundle-id': { ...text, short: 'b' },
      'activity-id': { ...text, short: 'a' },
      'object-id': { ...text, short: 'o' },
      uri: { ...text, short: 'u' },
      invited: { type: 'boolean', short: 'i' },
    },
    strict: false,
  });
  const activityId = String(values['activity-id'] ?? '');
  // It becomes a part of a bus name and of an object path.
  if (!/^[A-Za-z0-9]{1,64}$/.test(activityId)) {
    throw new DsError('usage', 'Backup needs -a with an activity id of letters and digits', {
      hint: 'start it from Sugar, or with sugar-launch org.sugarlabs.Backup',
    });
  }
  return {
    bundleId: String(values['bundle-id'] ?? BUNDLE_ID),
    activityId,
    bundlePath,
    scaling: readScaling(env.SUGAR_SCALING),
    languages: languagesOf(env),
    busAddress: env.DBUS_SESSION_BUS_ADDRESS ?? '',
    hasSession: (env.SESSION_MANAGER ?? '') !== '',
    activityFolders: [
      join(env.HOME ?? '/', 'Activities'),
      dirname(bundlePath),
      '/usr/share/sugar/activities',
    ],
    dataFolder: join(
      env.SUGAR_ACTIVITY_ROOT ?? join(env.HOME ?? '/', '.sugar/default', BUNDLE_ID),
      'data',
    ),
    timing: env.DS_BACKUP_TIMING === '1',
  };
}
