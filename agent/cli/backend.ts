/**
 * What commands need from whoever does the work: the agent, or this process. Answers have the names and
 * types of the bus (PROTOCOL.md, "On the laptop's bus") either way, so that text and JSON are the same.
 */
import type { JobDetails } from '../worker/acts.ts';

export type Values = Record<string, unknown>;

/** Empty text means: this laptop, the newest, the whole snapshot. */
export interface Place {
  of: string;
  snapshot: string;
}

export interface JobRequest extends Place {
  kind: 'backup' | 'restore' | 'restore-entry' | 'keep' | 'fetch';
  entry: string;
}

export interface JobEnd {
  /** `waiting` when it waits for something and continues without us. */
  state: 'done' | 'cancelled' | 'waiting';
  /** What was done: `backup`, `restore`, `restore-entry`, `keep`, `fetch` or `pins`. */
  kind: string;
  summary: Record<string, number>;
  /** Why it waits. */
  reasons: string[];
  /** What the bus has no place for; empty when the agent did it. */
  details: JobDetails;
}

export interface PinList {
  pins: Values[];
  /** Bytes in use, and at most. */
  used: number;
  limit: number;
}

export interface Backend extends AsyncDisposable {
  /** Runs a job to its end. Throws what it failed with. */
  run(request: JobRequest): Promise<JobEnd>;
  /** Properties of the agent, those that are known. */
  status(): Promise<Values>;
  laptops(): Promise<Values[]>;
  /** Newest first. */
  snapshots(of: string): Promise<Values[]>;
  /** Those with `search` in their title, newest first. */
  entries(place: Place, search: string): Promise<Values[]>;
  plan(place: Place): Promise<Values>;
  pins(): Promise<PinList>;
  /** Pins an entry, or unpins it when `snapshot` is null. Throws when the school refuses. */
  pin(uid: string, snapshot: string | null): Promise<'done' | 'later'>;
  /** What this laptop offers to the class. */
  offers(): Promise<Values[]>;
  /** Offers an entry as it is in that snapshot; what became of it. */
  offer(uid: string, snapshot: string): Promise<string>;
  /** Takes all versions of it back. */
  takeBack(uid: string): Promise<void>;
  kept(): Promise<Values[]>;
  /** Where every entry of the Journal stands, the problems first. */
  standings(): Promise<Values[]>;
  webLink(): Promise<string>;
}
