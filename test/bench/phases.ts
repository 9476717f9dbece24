/**
 * What a contender does one after the other in the bench, and what is measured of it.
 */

export const PHASES = ['first', 'unchanged', 'changed1', 'restore'] as const;
export type Phase = (typeof PHASES)[number];

export interface Figures {
  wallS: number;
  clientCpuS: number;
  /** Client to server; in the phase `restore`, server to client. */
  sentBytes: number;
  /** What the phase added on the server. */
  serverKiB: number;
  serverInodes: number;
}
