/**
 * The one writer of the agent's memory: what happened, what was asked for, and from that whether a
 * backup is due.
 */
import { lstatSync } from 'node:fs';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Paths } from '../paths.ts';
import { type Due, judgeDue } from '../rules/due.ts';
import type { Job, Wait } from '../rules/jobs.ts';
import { type Moment, readMoment } from '../rules/moment.ts';
import { type Memory, notePin, type PinNote, readMemory, writeMemory } from './memory.ts';

export class DayBook {
  readonly #paths: Paths;
  readonly #clock: Clock;
  #memory: Memory;

  constructor(paths: Paths, clock: Clock, log: Log) {
    this.#paths = paths;
    this.#clock = clock;
    const before = readMemory(paths.memory, log);
    this.#memory = before;
    const { boot } = this.now();
    if (before.boot === boot) return;
    const done = before.done && { ...before.done, boots: before.done.boots + 1 };
    this.#memory = { ...before, boot, done, appointment: null };
    // Counting starts is all there is to write; without a backup there is nothing to count from.
    if (done) writeMemory(paths.memory, before, this.#memory);
  }

  get memory(): Memory {
    return this.#memory;
  }

  now(): Moment {
    return readMoment(this.#clock.now());
  }

  /** Whether a backup is due now. */
  judge(): Due {
    return judgeDue({
      now: this.now(),
      done: this.#memory.done ?? undefined,
      heard: this.#memory.heard ?? undefined,
      touchedMs: lstatSync(this.#paths.done, { throwIfNoEntry: false })?.mtimeMs,
      zoneMinutes: -this.#clock.now().getTimezoneOffset(),
    });
  }

  /** The appointment with the server that is still to come, if there is one. */
  appointment(): Wait | null {
    const { appointment } = this.#memory;
    if (!appointment || appointment.untilMs <= this.now().uptimeMs) return null;
    return { reason: 'queue', ...appointment };
  }

  /** The server's time, just heard; on the disk only when something is done. */
  hear(serverMs: number): void {
    this.#memory = { ...this.#memory, heard: { serverMs, at: this.now() } };
  }

  /** A backup was confirmed; `held` says why the school keeps it aside, if it does. */
  noteBackup(held: string): void {
    const now = this.now();
    const { heard } = this.#memory;
    // A server that says no time: the laptop's own has to do.
    const serverMs =
      heard?.at.boot === now.boot ? heard.serverMs + now.uptimeMs - heard.at.uptimeMs : now.wallMs;
    this.#remember({ done: { serverMs, at: now, boots: 0 }, heard: null, held });
  }

  notePause(paused: boolean): void {
    this.#remember({ paused });
  }

  notePin(note: PinNote): void {
    this.#remember({ pinNotes: notePin(this.#memory.pinNotes, note) });
  }

  /** These were sent, or will never be taken; what was noted meanwhile stays. */
  forgetPins(sent: readonly PinNote[]): void {
    const left = this.#memory.pinNotes.filter((note) => !sent.includes(note));
    this.#remember({ pinNotes: left });
  }

  /** What must go on after a power cut: what a person asked for, and a place in the queue. */
  noteJobs(jobs: readonly Job[]): void {
    const live = jobs.filter(({ end }) => end === null);
    const requests = live
      .map(({ request }) => request)
      .filter(({ kind, byHand }) => kind !== 'pins' && (byHand || kind !== 'backup'));
    const wait = live.find((job) => job.wait?.reason === 'queue')?.wait;
    const appointment = wait ? { untilMs: wait.untilMs, place: wait.place } : null;
    const before = [this.#memory.requests, this.#memory.appointment];
    if (JSON.stringify(before) === JSON.stringify([requests, appointment])) return;
    this.#remember({ requests, appointment });
  }

  #remember(change: Partial<Memory>): void {
    const before = this.#memory;
    this.#memory = { ...before, ...change };
    writeMemory(this.#paths.memory, before, this.#memory);
  }
}
