/** Everything that can happen to the activity; `next` says what it means. */
import type { Agent, Job } from './agent.ts';
import type { Act, AnswerOf, Effect, Place, Question, State } from './state.ts';

export type Event =
  | { type: 'agent'; agent: Agent }
  | { type: 'job'; path: string; job: Job }
  | { type: 'answer'; question: Question; value: AnswerOf[Question['type']] }
  | { type: 'no-answer'; question: Question; code: string }
  /** Time has passed; `now` in seconds since 1970. */
  | { type: 'tick'; now: number }
  | { type: 'go'; place: Place }
  | { type: 'back' }
  /** The rows of a list that are visible now. */
  | { type: 'seen'; first: number; last: number }
  | { type: 'search'; text: string }
  | { type: 'month'; month: number }
  | { type: 'choose'; snapshot: string }
  | { type: 'act'; act: Act }
  | { type: 'undo' }
  | { type: 'answer-alert'; yes: boolean }
  /** An effect was carried out; `result` is what the agent returned, such as a job's path. */
  | { type: 'did'; effect: Effect; result: string }
  /** An effect failed with this error code. */
  | { type: 'refused'; effect: Effect; code: string };

/** A step: the state afterwards, and what has to be done outside. */
export interface Next {
  state: State;
  effects: Effect[];
}
