/**
 * Offers to the class from the Journal itself, where a child sees the entry as it is now: sent at once where the
 * school has this version and answers, else noted and sent after the next backup. No offer is lost without an
 * error, and none that was taken back is sent.
 */
import { asDsError, DsError } from '../../shared/errors.ts';
import type { ClassStanding } from '../../shared/protocol/messages.ts';
import { fateOfOffer } from '../rules/pin-fate.ts';
import type { SentOffers } from '../worker/send-offers.ts';
import type { DayBook } from './day-book.ts';

export interface ClassOffersOptions {
  book: DayBook;
  /** Offers these entries as they are in the Journal. */
  send: (entries: string[]) => Promise<SentOffers>;
  /** Takes all offers of an entry back. */
  takeBack: (entry: string) => Promise<void>;
  /** Has noted offers sent, as soon as that is possible. */
  sendSoon: () => void;
  /** Has the Journal backed up, as soon as that is possible. */
  backUpSoon: () => void;
  /** Resolves when no noted offers are being sent. */
  settled: () => Promise<void>;
}

export class ClassOffers {
  readonly #options: ClassOffersOptions;

  constructor(options: ClassOffersOptions) {
    this.#options = options;
  }

  /** What became of it. Throws what the school refused, or a failure that does not pass by itself. */
  async offer(entry: string): Promise<ClassStanding | 'later'> {
    const { book, send, sendSoon, backUpSoon } = this.#options;
    try {
      const { states, refused } = await send([entry]);
      const [refusal] = refused;
      if (refusal) {
        // Also what was noted of it before: nobody is told "no" about something that is sent later.
        book.forgetOffers([entry]);
        throw new DsError(refusal.code, refusal.message, { hint: refusal.hint });
      }
      const state = states[entry];
      if (state) {
        book.forgetOffers([entry]);
        return state;
      }
      book.noteOffer(entry, false);
      backUpSoon();
    } catch (error) {
      if (fateOfOffer(asDsError(error).code) !== 'later') throw error;
      book.noteOffer(entry, true);
      sendSoon();
    }
    return 'later';
  }

  /** Takes back what `offer` did: the note where there is one, and all offers of the entry, of older versions too. */
  async takeBack(entry: string): Promise<void> {
    const { book, settled, takeBack } = this.#options;
    const note = book.memory.offerNotes.find((one) => one.entry === entry);
    book.forgetOffers([entry]);
    if (note?.tried) await settled();
    await takeBack(entry).catch((error: unknown) => {
      if (!note || asDsError(error).code !== 'not-found') throw error;
    });
  }

  /** Has what is noted sent: at the start, and after each backup. */
  sendNoted(): void {
    if (this.#options.book.memory.offerNotes.length > 0) this.#options.sendSoon();
  }

  /** Noted offers were sent. */
  wereSent({ states, waiting, refused }: SentOffers): void {
    const { book, backUpSoon } = this.#options;
    const ended = [...Object.keys(states), ...refused.map(({ uid }) => uid)];
    book.forgetOffers(ended);
    // Changed while the backup ran, or noted after it had looked: one more is asked for, once.
    if (book.askAgain(waiting)) backUpSoon();
  }

  /** After that: what was noted while they were sent. */
  sendRest({ waiting }: SentOffers): void {
    const { book, sendSoon } = this.#options;
    if (book.memory.offerNotes.some(({ entry }) => !waiting.includes(entry))) sendSoon();
  }
}
