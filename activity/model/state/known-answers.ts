/** The agent's answers as a cache: what is known, what may be out of date, what failed. */
import { type Answer, type AnswerOf, keyOf, type Question, type State } from './state.ts';

/** Answers kept; the oldest are evicted. */
const ANSWERS = 200;

/** The value known for this question; undefined before the first answer. */
export function answerTo<A extends Question['type']>(
  state: State,
  question: Extract<Question, { type: A }>,
): AnswerOf[A] | undefined {
  return state.answers[keyOf(question)]?.value as AnswerOf[A] | undefined;
}

/** The code of the error that came instead of an answer. */
export function failureOf(state: State, question: Question): string | undefined {
  return state.answers[keyOf(question)]?.failed;
}

/** The state with this answer as the newest. */
export function withAnswer(state: State, question: Question, answer: Answer): State {
  const { [keyOf(question)]: _, ...others } = state.answers;
  const kept = Object.entries(others).slice(-(ANSWERS - 1));
  return { ...state, answers: { ...Object.fromEntries(kept), [keyOf(question)]: answer } };
}

/** The state with this failure; a value that was known before stays on the screen. */
export function withFailure(state: State, question: Question, code: string): State {
  const { value } = state.answers[keyOf(question)] ?? {};
  const answer = value === undefined ? { failed: code } : { value, failed: code };
  return withAnswer(state, question, answer);
}

/** Marks answers as out of date, so that they are asked for again; all of them without `types`. */
export function allStale(
  answers: State['answers'],
  types?: readonly Question['type'][],
): State['answers'] {
  const isMeant = (key: string) =>
    !types || types.some((type) => key.includes(`["type","${type}"]`));
  return Object.fromEntries(
    Object.entries(answers).map(([key, answer]) => [
      key,
      isMeant(key) ? { ...answer, stale: true } : answer,
    ]),
  );
}

/** Forgets failures, so that those questions are asked again. */
export function withoutFailures(answers: State['answers']): State['answers'] {
  return Object.fromEntries(
    Object.entries(answers).filter(([, answer]) => answer.failed === undefined),
  );
}
