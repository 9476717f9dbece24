/**
 * What is not there, so that its page can say what it is. Whoever may not see something is told the
 * same as for what does not exist: only a visitor whom the guard has admitted learns more than `page`.
 */
import { DsError } from '../../../shared/errors.ts';

export type MissingThing =
  | { type: 'page' }
  /** The class page is off; for children and teachers who are signed in. */
  | { type: 'class-page' }
  /** For teachers only. */
  | { type: 'laptop' }
  /** A day of a Journal that the visitor may read; `home` is the Journal's first page. */
  | { type: 'day'; home: string }
  /** An entry of a day that the visitor may read. */
  | { type: 'entry'; day: string };

const MESSAGES: Readonly<Record<MissingThing['type'], string>> = {
  page: 'there is no such page',
  'class-page': 'there is no class page now',
  laptop: 'there is no such laptop',
  day: 'the school does not keep this day',
  entry: 'this day has no such entry',
};

export class Missing extends DsError {
  readonly thing: MissingThing;

  constructor(thing: MissingThing, cause?: unknown) {
    super('not-found', MESSAGES[thing.type], { cause });
    this.thing = thing;
  }
}

export const noPage = (): Missing => new Missing({ type: 'page' });
export const noLaptop = (): Missing => new Missing({ type: 'laptop' });
