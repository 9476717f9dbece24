/**
 * Carries out the model's questions and effects by D-Bus calls, and returns the results as events.
 * A question is never asked twice at the same time.
 */
import { asDsError } from '../shared/errors.ts';
import type { AgentClient } from './client.ts';
import * as answers from './model/state/answers.ts';
import type { Event } from './model/state/event.ts';
import { PAGE } from './model/state/questions.ts';
import { type AnswerOf, type Effect, keyOf, type Question } from './model/state/state.ts';

/** Questions in progress at once. */
const AT_ONCE = 3;

export class Asker {
  readonly #client: AgentClient;
  readonly #dispatch: (event: Event) => void;
  readonly #openLink: (url: string) => void;
  readonly #asked = new Set<string>();

  constructor(
    client: AgentClient,
    dispatch: (event: Event) => void,
    openLink: (url: string) => void,
  ) {
    this.#client = client;
    this.#dispatch = dispatch;
    this.#openLink = openLink;
  }

  /** Asks those not in progress; the others stay needed and come with the next call. */
  ask(questions: readonly Question[]): void {
    for (const question of questions) {
      if (this.#asked.size >= AT_ONCE) return;
      const key = keyOf(question);
      if (this.#asked.has(key)) continue;
      this.#asked.add(key);
      void this.#bring(question, key);
    }
  }

  async #bring(question: Question, key: string): Promise<void> {
    let event: Event;
    try {
      event = { type: 'answer', question, value: await this.#answer(question) };
    } catch (error) {
      event = { type: 'no-answer', question, code: asDsError(error).code };
    }
    this.#asked.delete(key);
    this.#dispatch(event);
  }

  async #answer(question: Question): Promise<AnswerOf[Question['type']]> {
    const call = this.#client.call.bind(this.#client);
    switch (question.type) {
      case 'laptops':
        return answers.readLaptops((await call('ListLaptops'))[0]);
      case 'days':
        return answers.readDays((await call('ListDays', 's', question.of))[0]);
      case 'page': {
        const { of, snapshot, search, page } = question;
        const [total, rows] = await call(
          'ListEntries',
          'sssuu',
          of,
          snapshot,
          search,
          page * PAGE,
          PAGE,
        );
        return answers.readEntryPage(total, rows);
      }
      case 'details':
        return answers.readDetails(
          (await call('GetDetails', 'sss', question.of, question.snapshot, question.uid))[0],
        );
      case 'plan':
        return answers.readPlan(
          (await call('PlanRestore', 'ss', question.of, question.snapshot))[0],
        );
      case 'pins':
        return answers.readPins(...((await call('ListPins')) as [unknown, unknown, unknown]));
      case 'at-school':
        return answers.readAtSchool((await call('ListAtSchool'))[0]);
      default:
        return question satisfies never;
    }
  }

  /** Carries out an effect; the outcome is dispatched as an event. */
  async act(effect: Effect): Promise<void> {
    try {
      const [result] = await this.#do(effect);
      this.#dispatch({ type: 'did', effect, result: String(result ?? '') });
    } catch (error) {
      this.#dispatch({ type: 'refused', effect, code: asDsError(error).code });
    }
  }

  async #do(effect: Effect): Promise<unknown[]> {
    const call = this.#client.call.bind(this.#client);
    switch (effect.type) {
      case 'back-up':
        return await call('BackUpNow');
      case 'pause':
        return await call('Pause');
      case 'resume':
        return await call('Resume');
      case 'cancel':
        if (effect.job !== '') return await this.#client.cancel(effect.job);
        return await call('Cancel');
      case 'retry':
        return await this.#retry();
      case 'restore-all':
        return await call('RestoreAll', 'ss', effect.of, effect.snapshot);
      case 'forget':
        return await call('ForgetRestore', 'ss', effect.of, effect.snapshot);
      case 'bring-back':
        return await call('RestoreEntry', 'sss', effect.of, effect.snapshot, effect.uid);
      case 'pin':
        return await call('Pin', 'ss', effect.snapshot, effect.uid);
      case 'unpin':
        return await call('Unpin', 's', effect.uid);
      case 'offer':
        return await call('OfferToClass', 'ss', effect.snapshot, effect.uid);
      case 'take-back':
        return await call('TakeBackFromClass', 'ss', effect.uid, effect.digest);
      case 'keep':
        return await call('KeepAtSchool', 's', effect.uid);
      case 'fetch':
        return await call('FetchBack', 's', effect.uid);
      case 'show-day':
        return await call('OpenInJournal', 'ss', effect.of, effect.snapshot);
      case 'hide-day':
        return await call('CloseInJournal');
      case 'web': {
        const [link] = await call('WebLink');
        this.#openLink(String(link));
        return [];
      }
      default:
        return effect satisfies never;
    }
  }

  /** Starts the agent if it is absent, and lets it retry what failed. */
  async #retry(): Promise<unknown[]> {
    await this.#client.look();
    return await this.#client.call('Retry');
  }
}
