/**
 * The agent's properties on the bus (PROTOCOL.md, "On the laptop's bus"), from what it knows: pure, so
 * that what changed can be told by comparing.
 */
import dbus, { type Variant } from 'dbus-next';
import {
  type AGENT_PROPERTIES,
  INTERFACE_VERSION,
  type JOB_PROPERTIES,
  jobPath,
  toLong,
} from '../../shared/backup-bus.ts';
import type { Job } from '../rules/jobs.ts';
import { obstacles } from '../rules/obstacles.ts';
import { timeLeft } from '../rules/time-left.ts';
import type { Agent } from '../service/agent.ts';

export type Shown = Record<keyof typeof AGENT_PROPERTIES, unknown>;
export type ShownJob = Record<keyof typeof JOB_PROPERTIES, unknown>;

export interface PinUse {
  bytes: number;
  limit: number;
}

/** Everything about the agent; `pins` as the school last said. */
export function showAgent(agent: Agent, pins: PinUse): Shown {
  const { standing, memory, facts, due, model } = agent;
  const { uptimeMs } = model.world;
  const nowMs = Date.now();
  /** A moment of this boot on the laptop's clock, in whole seconds. */
  const wall = (ms: number) => toLong(ms > 0 ? (nowMs + ms - uptimeMs) / 1000 : 0);
  const next = due?.againInMs ? uptimeMs + due.againInMs : 0;
  return {
    ...showProgress(standing.job, agent.movingMs, standing.progress !== null),
    Version: INTERFACE_VERSION,
    State: standing.state,
    Reasons: standing.reasons,
    LastBackup: toLong((memory.done?.at.wallMs ?? 0) / 1000),
    NextBackup: wall(due?.due ? 0 : next),
    LastSnapshot: facts?.lastSnapshot ?? '',
    QueuePlace: standing.queuePlace,
    QueuedUntil: wall(standing.queuedUntilMs),
    Registration: facts?.registration ?? 'none',
    PairingCode: facts?.pairingCode ?? '',
    Serial: facts?.serial ?? '',
    Server: facts?.server ?? '',
    SafeEntries: facts?.safe ?? 0,
    TotalEntries: facts?.total ?? 0,
    PinnedBytes: toLong(pins.bytes),
    PinLimit: toLong(pins.limit),
    Held: memory.held,
    Unfinished: (facts?.unfinished ?? []).map((one) => {
      return [one.of, one.snapshot, one.restored, one.entries];
    }),
    Problem: showTrouble(standing.trouble),
    Jobs: model.jobs.map(({ id }) => jobPath(id)),
  };
}

/** Everything about a job. */
export function showJob(agent: Agent, job: Job): ShownJob {
  const { id, request, end, trouble, summary } = job;
  const isFirst = agent.standing.job?.id === id;
  const isRunning = isFirst && agent.standing.progress !== null;
  return {
    ...showProgress(job, isFirst ? agent.movingMs : 0, isRunning || end !== null),
    Kind: request.kind,
    State: end ?? (isRunning ? 'running' : 'waiting'),
    Reasons: end ? [] : obstacles(job, agent.model.world),
    Of: request.of,
    Snapshot: request.snapshot,
    Entry: request.entry,
    Problem: showTrouble(trouble),
    Summary: figures(summary),
  };
}

function showProgress(job: Job | undefined, movingMs: number, isShown: boolean) {
  const progress = isShown ? job?.progress : null;
  return {
    Phase: progress?.phase ?? '',
    EntriesDone: progress?.entriesDone ?? 0,
    EntriesTotal: progress?.entriesTotal ?? 0,
    BytesDone: toLong(progress?.bytesDone ?? 0),
    BytesTotal: toLong(progress?.bytesTotal ?? 0),
    CurrentEntry: progress?.current?.uid ?? '',
    CurrentTitle: progress?.current?.title ?? '',
    TimeLeft: progress ? timeLeft(progress, movingMs) : [0, 0],
  };
}

/** Numbers by name as the bus wants them. */
function figures(summary: Job['summary']): Record<string, Variant> {
  const list = Object.entries(summary).map(([name, value]) => {
    return [name, new dbus.Variant('t', toLong(value))] as const;
  });
  return Object.fromEntries(list);
}

function showTrouble(trouble: Job['trouble']): [string, string, string] {
  return trouble ? [trouble.code, trouble.message, trouble.hint] : ['', '', ''];
}
