/**
 * Messages between the agent and a worker, over Node's IPC channel:
 *
 *     agent → worker   Task
 *     worker → agent   any number of `progress`, `server-time`, `warning` and `volume`, then one `result` or
 *                      `failure`
 */
import type { Progress } from '../progress.ts';
import type { Failure } from '../rules/retry.ts';
import type { VolumeNews } from '../volume/volume.ts';

export interface Task {
  id: number;
  /** A name in the table of acts; the worker checks it, and its parameters. */
  act: string;
  params: object;
}

/** About the task with this id. */
export type Report = { id: number } & (
  | { type: 'progress'; progress: Progress }
  /** The school server's time, in milliseconds since 1970. */
  | { type: 'server-time'; ms: number }
  /** Something is wrong, and the task goes on. */
  | { type: 'warning'; message: string }
  | { type: 'volume'; news: VolumeNews }
  | { type: 'result'; result: unknown }
  | { type: 'failure'; failure: Failure }
);

/** The worker's end of the channel; `process` is one when it was started with a channel. */
export type ParentPort = Pick<
  NodeJS.Process,
  'connected' | 'send' | 'on' | 'once' | 'off' | 'disconnect'
>;
