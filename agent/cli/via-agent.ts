/**
 * Each command as a conversation with the agent: what is asked, and its answer in words.
 */
import type { MethodName } from '../../shared/backup-bus.ts';
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Progress } from '../progress.ts';
import { AgentClient, type JobEnd, type Values } from './agent-client.ts';
import type { Outcome } from './commands.ts';
import * as words from './words.ts';

export interface AskOptions {
  env: NodeJS.ProcessEnv;
  clock: Clock;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  rest: readonly string[];
  of: string;
  search: string;
  entry: string;
  wait: boolean;
}

type Ask = (agent: AgentClient, options: AskOptions) => Promise<Outcome>;

/** sysexits.h's EX_TEMPFAIL: it waits, and goes on without us. */
const WAITS = 75;
/** Entries asked for at once. */
const PAGE = 500;

export const ASKED: Readonly<Record<string, Ask>> = {
  status: async (agent) => {
    await agent.ask('Refresh');
    const values = await agent.properties();
    return { text: words.formatStanding(values), json: values };
  },
  wake: async (agent) => {
    await agent.wake();
    return { text: '', json: {} };
  },
  now: (agent, options) => job(agent, options, 'BackUpNow', []),
  pause: (agent) =>
    say(agent, 'Pause', 'nothing is backed up or restored until "ds-backup resume"'),
  resume: (agent) => say(agent, 'Resume', 'it goes on'),
  cancel: (agent) => say(agent, 'Cancel', 'cancelled; what is done is kept'),
  retry: (agent, options) => job(agent, options, 'Retry', []),
  laptops: async (agent) => {
    const [laptops] = await agent.ask('ListLaptops');
    return { text: words.formatLaptops(laptops as Values[]), json: { laptops } };
  },
  snapshots: async (agent, { of }) => {
    const [days] = await agent.ask('ListDays', of);
    return { text: words.formatDays(days as Values[]), json: { snapshots: days } };
  },
  entries: async (agent, { of, rest, search }) => {
    const snapshot = nameOf(rest[0]);
    const entries: Values[] = [];
    for (;;) {
      const body = [of, snapshot, search, entries.length, PAGE];
      const [total, page] = await agent.ask('ListEntries', ...body);
      entries.push(...(page as Values[]));
      if (entries.length >= Number(total) || (page as Values[]).length === 0) break;
    }
    return { text: words.formatEntryRows(entries), json: { entries } };
  },
  plan: async (agent, { of, rest }) => {
    const [plan] = await agent.ask('PlanRestore', of, nameOf(rest[0]));
    return { text: words.formatPlan(plan as Values), json: plan as object };
  },
  restore: (agent, options) => {
    const { of, rest, entry } = options;
    const snapshot = nameOf(rest[0]);
    if (entry === '') return job(agent, options, 'RestoreAll', [of, snapshot]);
    return job(agent, options, 'RestoreEntry', [of, snapshot, entry]);
  },
  pins: async (agent) => {
    const [pins, used, limit] = await agent.ask('ListPins');
    return {
      text: words.formatPinRows(pins as Values[], used, limit),
      json: { pins, used, limit },
    };
  },
  pin: (agent, { rest }) => pinned(agent, 'Pin', [nameOf(rest[1]), rest[0]]),
  unpin: (agent, { rest }) => pinned(agent, 'Unpin', [rest[0]]),
  keep: (agent, options) => job(agent, options, 'KeepAtSchool', [options.rest[0]]),
  fetch: (agent, options) => job(agent, options, 'FetchBack', [options.rest[0]]),
  kept: async (agent) => {
    const [entries] = await agent.ask('ListAtSchool');
    return { text: words.formatEntryRows(entries as Values[]), json: { entries } };
  },
  web: async (agent) => {
    const [url] = await agent.ask('WebLink');
    return { text: `${url}\n`, json: { url } };
  },
};

/** Has the agent do one of these. Throws what it threw. */
export async function askAgent(command: string, options: AskOptions): Promise<Outcome> {
  const ask = Object.hasOwn(ASKED, command) ? ASKED[command] : undefined;
  if (!ask) throw new DsError('usage', `the agent does not do "${command}"`);
  using agent = await AgentClient.open(options.env);
  return await ask(agent, options);
}

async function job(
  agent: AgentClient,
  options: AskOptions,
  member: MethodName,
  body: unknown[],
): Promise<Outcome> {
  const [path] = await agent.ask(member, ...body);
  const end = await agent.follow(path, options);
  options.signal.throwIfAborted();
  const exitCode = { done: partly(end), failed: 1, cancelled: 1, waiting: WAITS }[end.state];
  return { text: words.formatEnd(end), json: end, exitCode };
}

/** A restore that left something behind is no complete success. */
function partly({ summary }: JobEnd): number {
  return (summary.problems ?? 0) > 0 ? 1 : 0;
}

async function say(agent: AgentClient, member: MethodName, text: string): Promise<Outcome> {
  await agent.ask(member);
  return { text: `${text}\n`, json: {} };
}

async function pinned(agent: AgentClient, member: MethodName, body: unknown[]): Promise<Outcome> {
  const [when] = await agent.ask(member, ...body);
  const text = when === 'later' ? 'noted; the school is told when it is near\n' : 'done\n';
  return { text, json: { when } };
}

/** The bus has an empty name for the newest. */
function nameOf(snapshot: string | undefined): string {
  return snapshot === undefined || snapshot === 'latest' ? '' : snapshot;
}
