/** What every step of an ingest works with. */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Checker } from '../integrity/checker.ts';
import type { Registrations } from '../registration/registration.ts';
import type { Timeline } from '../retention/timeline.ts';
import type { IndexDb } from '../storage/index-db.ts';
import type { LastSuccesses } from '../storage/last-success.ts';
import type { Ownership } from '../storage/ownership.ts';
import type { Paths } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import type { Snapshot } from '../storage/snapshots.ts';
import type { DailyCap } from './daily-cap.ts';
import type { HardQuota } from './hard-quota.ts';
import type { GuardRules } from './shrink-guard.ts';

export interface IngestContext {
  paths: Paths;
  ownership: Ownership;
  pool: Pool;
  checker: Checker;
  clock: Clock;
  timeline: Pick<Timeline, 'now'>;
  log: Log;
  env: NodeJS.ProcessEnv;
  guard: GuardRules;
  index: Pick<IndexDb, 'reindex'>;
  successes: Pick<LastSuccesses, 'note'>;
  /** Absent where there is only one laptop. */
  registrations?: Pick<Registrations, 'bySerial'>;
  /** Both absent where nothing is limited. */
  cap?: DailyCap;
  hardQuota?: HardQuota;
  /** Called at the very end of each backup that made a snapshot. */
  onBackup?: (snapshot: Snapshot, isHeld: boolean) => void;
}
