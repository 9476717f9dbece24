/**
 * What the agent and its workers say to each other, a line of JSON each: the agent stays small because
 * everything that needs memory happens in a child that ends afterwards.
 *
 *     agent → worker   {id, act, params}
 *     worker → agent   {id, progress} | {id, serverTime} … then {id, result} or {id, failure}
 */
import type { Progress } from '../progress.ts';
import type { Failure } from '../rules/retry.ts';

/** What a worker can be asked for; see worker-acts.ts. */
export interface Task {
  id: number;
  act: string;
  params: Record<string, unknown>;
}

export type Report =
  | { id: number; progress: Progress }
  /** Milliseconds since 1970 by the school server. */
  | { id: number; serverTime: number }
  | { id: number; result: unknown }
  | { id: number; failure: Failure };

export function formatLine(message: Task | Report): string {
  return `${JSON.stringify(message)}\n`;
}
