/**
 * The properties of the agent and its jobs (PROTOCOL.md, "On the laptop's bus"), worked out of a view of
 * the agent and the time: pure, so that changes are found by comparison.
 */
import dbus, { type Variant } from 'dbus-next';
import {
  type AGENT_PROPERTIES,
  cleanText,
  INTERFACE_VERSION,
  type JOB_PROPERTIES,
  jobPath,
  toLong,
} from '../../shared/backup-bus.ts';
import { busReasons } from '../../shared/backup-states.ts';
import type { Job } from '../rules/jobs.ts';
import { obstacles } from '../rules/obstacles.ts';
import { timeLeft } from '../rules/time-left.ts';
import type { AgentView } from '../service/agent.ts';

export type AgentProperties = Record<keyof typeof AGENT_PROPERTIES, unknown>;
export type JobProperties = Record<keyof typeof JOB_PROPERTIES, unknown>;

/** Bytes that pins use and may use, as the school last said. */
export interface PinUse {
  bytes: number;
  limit: number;
}

/** The agent's own properties. */
export function agentProperties(view: AgentView, pins: PinUse): AgentProperties {
  const { status, memory, facts, model, movingMs, now } = view;
  /** An uptime of this boot by the laptop's clock, in whole seconds; 0 stays 0. */
  const wall = (ms: number) => toLong(ms > 0 ? (now.wallMs + ms - now.uptimeMs) / 1000 : 0);
  return {
    ...progressProperties(status.job, movingMs, status.progress !== null),
    Version: INTERFACE_VERSION,
    State: status.state,
    Reasons: busReasons(status.reasons),
    // "now --direct" leaves only the file.
    LastBackup: toLong((memory.done?.at.wallMs ?? view.touchedMs ?? 0) / 1000),
    NextBackup: wall(model.againAtMs ?? 0),
    LastSnapshot: facts?.lastSnapshot ?? '',
    QueuePlace: status.queuePlace,
    QueuedUntil: wall(status.queuedUntilMs),
    Registration: facts?.registration ?? 'none',
    PairingCode: facts?.pairingCode ?? '',
    ServerTrust: facts?.serverTrust ?? 'none',
    Serial: facts?.serial ?? '',
    Server: facts?.server ?? '',
    SafeEntries: facts?.safe ?? 0,
    TotalEntries: facts?.total ?? 0,
    WaitingEntries: facts?.toSend ?? 0,
    ProblemEntries: facts?.problems ?? 0,
    PinnedBytes: toLong(pins.bytes),
    PinLimit: toLong(pins.limit),
    Held: memory.held,
    Unfinished: (facts?.unfinished ?? []).map((one) => {
      return [one.of, one.snapshot, one.restored, one.entries];
    }),
    InJournal: [view.volume.state, view.volume.of, view.volume.snapshot],
    LeftOut: leftOutProperty(view.volume),
    Problem: problemProperty(status.problem),
    Jobs: model.jobs
      .map(({ id }) => id)
      .sort((a, b) => a - b)
      .map(jobPath),
  };
}

function leftOutProperty({ leftOut }: AgentView['volume']) {
  const { empty, bundles, damaged, older } = leftOut;
  return [empty, bundles, damaged, older];
}

/** Two clocks read one after the other may differ by this much more or less, in seconds. */
const CLOCK_NOISE_S = 1n;
/** Times to come, reckoned from the uptime. */
const TIMES_TO_COME = ['NextBackup', 'QueuedUntil'] as const;

/** `now` with the times to come as they were in `before`, where only the clocks' noise differs. */
export function withSteadyTimes(before: AgentProperties, now: AgentProperties): AgentProperties {
  const steady = { ...now };
  for (const name of TIMES_TO_COME) {
    const difference = BigInt(now[name] as bigint) - BigInt(before[name] as bigint);
    if (difference >= -CLOCK_NOISE_S && difference <= CLOCK_NOISE_S) steady[name] = before[name];
  }
  return steady;
}

/** The properties of a job's object. */
export function jobProperties({ model, status, movingMs }: AgentView, job: Job): JobProperties {
  const { id, request, end, problem, summary } = job;
  const isFirst = status.job?.id === id;
  const hinders = obstacles(job, model.world);
  // Chosen to run, it runs: its worker may take seconds to say something.
  const isRunning = isFirst && hinders.length === 0;
  const reasons = hinders.length > 0 || isFirst ? busReasons(hinders) : ['other-run'];
  return {
    ...progressProperties(job, isFirst ? movingMs : 0, isRunning || end !== null),
    Kind: request.kind,
    State: end ?? (isRunning ? 'running' : 'waiting'),
    Reasons: end ? [] : reasons,
    Of: request.of,
    Snapshot: request.snapshot,
    Entry: request.entry,
    Problem: problemProperty(problem),
    Summary: summaryProperty(summary),
  };
}

function progressProperties(job: Job | undefined, movingMs: number, isShown: boolean) {
  const progress = isShown ? job?.progress : null;
  return {
    Phase: progress?.phase ?? '',
    EntriesDone: progress?.entriesDone ?? 0,
    EntriesTotal: progress?.entriesTotal ?? 0,
    BytesDone: toLong(progress?.bytesDone ?? 0),
    BytesTotal: toLong(progress?.bytesTotal ?? 0),
    CurrentEntry: progress?.current?.uid ?? '',
    CurrentTitle: cleanText(progress?.current?.title ?? ''),
    TimeLeft: progress ? timeLeft(progress, movingMs) : [0, 0],
  };
}

function summaryProperty(summary: Job['summary']): Record<string, Variant> {
  const list = Object.entries(summary).map(([name, value]) => {
    return [name, new dbus.Variant('t', toLong(value))] as const;
  });
  return Object.fromEntries(list);
}

function problemProperty(problem: Job['problem']): [code: string, message: string, hint: string] {
  return problem
    ? [problem.code, cleanText(problem.message), cleanText(problem.hint)]
    : ['', '', ''];
}
