/**
 * The only writer of the agent's memory: records what happened and what was asked for, and tells from
 * that whether a backup is due.
 */
import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import type { Clock } from '../../shared/clock.ts';
import { isErrno } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Paths } from '../paths.ts';
import { type Due, judgeDue } from '../rules/due.ts';
import type { Job, Wait } from '../rules/jobs.ts';
import type { Moment } from '../rules/moment.ts';
import { readMoment } from './boot-clock.ts';
import {
  type Memory,
  notePin,
  type OfferNote,
  type PinNote,
  readMemory,
  writeMemory,
} from './memory.ts';

export class DayBook {
  readonly #paths: Paths;
  readonly #clock: Clock;
  readonly #log: Log;
  #memory: Memory;
  /** By the wall clock: a backup whose file could not be written. */
  #unwrittenMs: number | undefined;

  constructor(paths: Paths, clock: Clock, log: Log) {
    this.#paths = paths;
    this.#clock = clock;
    this.#log = log;
    const before = readMemory(paths.memory, log);
    this.#memory = before;
    const { boot } = this.now();
    if (before.boot === boot) return;
    const done = before.done && { ...before.done, boots: before.done.boots + 1 };
    this.#memory = { ...before, boot, done, appointment: null };
    // Without a backup there are no boots to count, and so nothing to write.
    if (done) this.#write(before);
  }

  get memory(): Memory {
    return this.#memory;
  }

  now(): Moment {
    return readMoment(this.#clock.now());
  }

  /** Whether a backup is due now. */
  judge(): Due {
    const { profile, journal } = this.#paths;
    const { done, heard } = this.#memory;
    const touchedMs = this.touchedMs ?? this.#unwrittenMs;
    // A Journal that is gone is a problem to show; one that never was is nothing to do.
    const isNew = done === null && touchedMs === undefined;
    if (isAbsent(profile) || (isNew && isAbsent(journal)))
      return { due: false, reason: 'no-profile', againAtMs: null };
    return judgeDue({
      now: this.now(),
      done: done ?? undefined,
      heard: heard ?? undefined,
      touchedMs,
      zoneMinutes: -this.#clock.now().getTimezoneOffset(),
    });
  }

  /** Our slot in the server's queue, if it is still to come. */
  appointment(): Wait | null {
    const { appointment } = this.#memory;
    if (!appointment || appointment.untilMs <= this.now().uptimeMs) return null;
    return { reason: 'queue', ...appointment };
  }

  /** Records the server's time, just heard; it reaches the disk with the next other change. */
  hear(serverMs: number): void {
    this.#memory = { ...this.#memory, heard: { serverMs, at: this.now() } };
  }

  /** Records a confirmed backup; `held` is why the school holds it back, empty when it does not. */
  noteBackup(held: string): void {
    const now = this.now();
    const { heard } = this.#memory;
    // Without a server's time in this boot the laptop's own has to do.
    const serverMs =
      heard?.at.boot === now.boot ? heard.serverMs + now.uptimeMs - heard.at.uptimeMs : now.wallMs;
    this.#unwrittenMs = this.touchedMs === undefined ? now.wallMs : undefined;
    this.#remember({ done: { serverMs, at: now, boots: 0 }, heard: null, held });
  }

  notePause(paused: boolean): void {
    this.#remember({ paused });
  }

  notePin(note: PinNote): void {
    this.#remember({ pinNotes: notePin(this.#memory.pinNotes, note) });
  }

  /** Drops notes that were sent or refused; those noted meanwhile stay. */
  forgetPins(sent: readonly PinNote[]): void {
    const left = this.#memory.pinNotes.filter((note) => !sent.includes(note));
    this.#remember({ pinNotes: left });
  }

  /** `tried`: it may have reached the school. */
  noteOffer(entry: string, tried: boolean): void {
    const { offerNotes } = this.#memory;
    const before = offerNotes.find((note) => note.entry === entry);
    const others = offerNotes.filter((note) => note !== before);
    this.#remember({ offerNotes: [...others, { entry, tried: tried || before?.tried === true }] });
  }

  /** All noted offers, which from now on may have reached the school. */
  takeOffers(): string[] {
    const offerNotes = this.#memory.offerNotes.map((note) => ({ ...note, tried: true }));
    this.#remember({ offerNotes });
    return offerNotes.map(({ entry }) => entry);
  }

  /** Notes that a backup was asked for because of these; false where it was for all of them before. */
  askAgain(entries: readonly string[]): boolean {
    const isNew = (note: OfferNote) => entries.includes(note.entry) && !note.asked;
    const { offerNotes } = this.#memory;
    if (!offerNotes.some(isNew)) return false;
    const asked = (note: OfferNote) => (isNew(note) ? { ...note, asked: true } : note);
    this.#remember({ offerNotes: offerNotes.map(asked) });
    return true;
  }

  forgetOffers(entries: readonly string[]): void {
    const { offerNotes } = this.#memory;
    this.#remember({ offerNotes: offerNotes.filter(({ entry }) => !entries.includes(entry)) });
  }

  /** Records what must continue after a power cut: what a person asked for, and our slot in the queue. */
  noteJobs(jobs: readonly Job[]): void {
    const live = jobs.filter(({ end }) => end === null);
    const requests = live
      .map(({ request }) => request)
      .filter(
        ({ kind, byHand }) => !['pins', 'offers'].includes(kind) && (byHand || kind !== 'backup'),
      );
    const wait = live.find((job) => job.wait?.reason === 'queue')?.wait;
    const appointment = wait ? { untilMs: wait.untilMs, place: wait.place } : null;
    const before = [this.#memory.requests, this.#memory.appointment];
    if (JSON.stringify(before) === JSON.stringify([requests, appointment])) return;
    this.#remember({ requests, appointment });
  }

  #remember(change: Partial<Memory>): void {
    const before = this.#memory;
    this.#memory = { ...before, ...change };
    this.#write(before);
  }

  /** On a disk that is full or read-only it is remembered while the agent runs. */
  #write(before: Memory): void {
    try {
      // Not the profile itself: that is Sugar's.
      if (existsSync(this.#paths.profile))
        mkdirSync(this.#paths.own, { recursive: true, mode: 0o700 });
      writeMemory(this.#paths.memory, before, this.#memory);
    } catch (error) {
      this.#log.warn('memory-not-written', { reason: String(error) });
    }
  }

  /** When the done file was touched, also by a run without the agent; by the laptop's clock. */
  get touchedMs(): number | undefined {
    try {
      return lstatSync(this.#paths.done, { throwIfNoEntry: false })?.mtimeMs;
    } catch {
      return undefined; // on a damaged disk it counts as absent
    }
  }
}

/** Only when the file system says so: what cannot be looked at is there. */
function isAbsent(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    return isErrno(error, 'ENOTDIR');
  }
}
