/**
 * The files that decide something from values alone, each with its fast tests: `npm run mutants`
 * changes them token by token and expects those tests to fail.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './tree.ts';

const RULES = [
  'test/agent/rules/machine.test.ts',
  'test/agent/rules/due.test.ts',
  'test/agent/rules/retry.test.ts',
  'test/agent/rules/status.test.ts',
  'test/agent/rules/time-left.test.ts',
];
const TRAFFIC = [
  'test/xs/traffic/queue.test.ts',
  'test/xs/traffic/traffic.test.ts',
  'test/sim/sim.test.ts',
];
const SCREENS = [
  'test/activity/state/remembered.test.ts',
  'test/activity/status.test.ts',
  'test/activity/lists.test.ts',
  'test/activity/screens/entry.test.ts',
  'test/activity/screens/news.test.ts',
  'test/activity/screens/storyboard.test.ts',
  'test/activity/restore.test.ts',
  'test/activity/waiting.test.ts',
  'test/activity/pins.test.ts',
  'test/activity/pulse.test.ts',
  'test/activity/steps.test.ts',
  'test/activity/endings.test.ts',
  'test/activity/readers.test.ts',
];

/** A file, or a folder with all that lies below it → the tests. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  'shared/backup-states.ts': ['test/shared/backup-states.test.ts'],
  'shared/ids.ts': ['test/shared/ids.test.ts'],
  'shared/log.ts': ['test/shared/log.test.ts'],
  'shared/one-line.ts': ['test/shared/one-line.test.ts'],
  'shared/journal/colors.ts': ['test/activity/words.test.ts'],
  'shared/journal/entry.ts': ['test/shared/journal/entry.test.ts'],
  'shared/journal/kept.ts': ['test/shared/journal/kept.test.ts'],
  'shared/journal/preview.ts': [
    'test/agent/volume/shown-day.test.ts',
    'test/xs/published/class-thing.test.ts',
  ],
  'shared/journal/sums.ts': ['test/shared/journal/sums.test.ts'],
  'shared/protocol/introduction.ts': ['test/shared/protocol/introduction.test.ts'],
  'shared/protocol/told-errors.ts': ['test/agent/wire/refused.test.ts'],
  'shared/ssh/ed25519.ts': ['test/shared/ssh/ed25519.test.ts'],
  'shared/ssh/ssh-key.ts': ['test/shared/ssh/ssh-key.test.ts'],
  'shared/system/files.ts': ['test/shared/system/files.test.ts'],
  'shared/words/file-name.ts': ['test/shared/words/file-name.test.ts'],
  'shared/words/month.ts': ['test/activity/words.test.ts'],
  'shared/words/progress-bar.ts': ['test/shared/words/progress-bar.test.ts'],
  'shared/words/words.ts': ['test/activity/words.test.ts'],
  'agent/backoff.ts': ['test/agent/backoff.test.ts'],
  'agent/bus/class-words.ts': ['test/agent/bus/class-words.test.ts'],
  'agent/backup/outcome.ts': ['test/agent/backup/outcome.test.ts'],
  'agent/browse/census.ts': ['test/agent/browse/census.test.ts'],
  'agent/bus/properties.ts': ['test/agent/bus/properties.test.ts'],
  'agent/journal/flaw.ts': ['test/agent/journal/flaw.test.ts'],
  'agent/keep/kept-entry.ts': ['test/agent/keep/kept-entry.test.ts'],
  'agent/restore/choose-writer.ts': ['test/agent/restore/choose-writer.test.ts'],
  'agent/restore/plan.ts': ['test/agent/restore/plan.test.ts'],
  'agent/rules/': RULES,
  'agent/volume/shown-entry.ts': ['test/agent/volume/shown-day.test.ts'],
  'xs/admin/concerns.ts': ['test/xs/admin/status.test.ts'],
  'xs/admin/laptop-states.ts': [
    'test/xs/pages/admin-views.test.ts',
    'test/xs/admin/status.test.ts',
  ],
  'xs/codes/code-text.ts': ['test/xs/codes/code-text.test.ts'],
  'xs/commands/away/not-written.ts': ['test/xs/commands/names.test.ts'],
  'xs/commands/lines.ts': ['test/xs/commands/lines.test.ts'],
  'xs/ingest/daily-cap.ts': ['test/xs/ingest/daily-cap.test.ts'],
  'xs/ingest/retry-schedule.ts': ['test/xs/ingest/retry-schedule.test.ts'],
  'xs/ingest/shrink-guard.ts': ['test/xs/ingest/shrink-guard.test.ts'],
  'xs/moodle/platform.ts': ['test/xs/moodle/records.test.ts'],
  'xs/offsite/due.ts': ['test/xs/offsite/due.test.ts'],
  'xs/pages/guard/origin.ts': ['test/xs/pages/entry-search.test.ts'],
  'xs/pages/journal/entry-search.ts': ['test/xs/pages/entry-search.test.ts'],
  'xs/pages/journal/months.ts': ['test/xs/pages/admin-views.test.ts'],
  'xs/pages/teacher/school/audit-search.ts': ['test/xs/pages/audit-views.test.ts'],
  'xs/pages/teacher/school/days-view.ts': ['test/xs/pages/pictures.test.ts'],
  'xs/pages/teacher/school/status-view.ts': ['test/xs/pages/admin-views.test.ts'],
  'xs/pages/teacher/shown/laptop-card.ts': ['test/xs/pages/admin-views.test.ts'],
  'xs/pages/teacher/shown/namer.ts': ['test/xs/pages/admin-views.test.ts'],
  'xs/published/clean-picture.ts': ['test/xs/published/clean-picture.test.ts'],
  'xs/registration/aliases.ts': ['test/xs/registration/aliases.test.ts'],
  'xs/registration/newcomers.ts': ['test/xs/registration/newcomers.test.ts'],
  'xs/registration/twins.ts': ['test/xs/registration/twins.test.ts'],
  'xs/retention/capacity.ts': ['test/xs/retention/capacity.test.ts'],
  'xs/retention/quota.ts': ['test/xs/retention/quota.test.ts'],
  'xs/retention/retention.ts': ['test/xs/retention/retention.test.ts'],
  'xs/retention/server-clock.ts': ['test/xs/retention/server-clock.test.ts'],
  'xs/retention/shares.ts': ['test/xs/retention/shares.test.ts'],
  'xs/traffic/admit.ts': TRAFFIC,
  'xs/traffic/pressure.ts': ['test/xs/traffic/pressure.test.ts'],
  'xs/traffic/queue.ts': TRAFFIC,
  'xs/traffic/subnet.ts': TRAFFIC,
  'xs/traffic/wait-estimate.ts': TRAFFIC,
  'activity/model/acts/': SCREENS,
  'activity/model/screens/': SCREENS,
  'activity/model/state/': SCREENS,
  'activity/sugar/stylesheet.ts': ['test/activity/contrast.test.ts'],
  'activity/sugar/xocolor.ts': ['test/activity/words.test.ts'],
};

/**
 * Pure by their headers, but no fast test asks them directly, or only one that starts a server, which is too much
 * for each mutant. To become fewer.
 */
export const UNTRIED: readonly string[] = [
  'shared/system/summed.ts',
  'xs/admin/concern-words.ts',
  'xs/admin/unsettled.ts',
  'xs/class-page/offer.ts',
  'xs/https/handshake-budget.ts',
  'xs/legacy/wholeness.ts',
  'xs/pages/frame/paging.ts',
  'xs/pages/journal/sugar-browser.ts',
  'xs/pages/teacher/disk/full-disk.tsx',
  'xs/pages/teacher/laptops/class-search.ts',
  'xs/pages/teacher/school/need-page.tsx',
  'xs/pages/teacher/shown/trash-name.ts',
  'xs/published/orientation.ts',
  'xs/registration/key-decision.ts',
  'xs/registration/known-original.ts',
  'xs/registration/pending-keys.ts',
];

/** Whether a file promises to be pure, in the comment that it begins with. */
export function saysPure(source: string): boolean {
  const header = /^\s*\/\*\*[\s\S]*?\*\//.exec(source)?.[0] ?? '';
  return /\bPure\b/.test(header);
}

/** `[file, its tests]`, in the order of the table. */
export function pureFiles(): [file: string, tests: readonly string[]][] {
  return Object.entries(TESTS).flatMap(([path, tests]) => {
    const files = path.endsWith('/') ? scriptsBelow(path) : [path];
    return files.map((file): [string, readonly string[]] => [file, tests]);
  });
}

function scriptsBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => folder + name)
    .sort();
}
