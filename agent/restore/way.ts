/**
 * How entries are put back: through the datastore one by one, or placed in its folders. A pure
 * decision with its reason.
 */

export interface WayFacts {
  /** A single entry was asked for. */
  single: boolean;
  /** Entries to bring, and entries that are there. */
  steps: number;
  local: number;
  /** Of the datastore's folder, as its `version` file has it. */
  layout: string;
  /** The Journal's folder belongs to whoever runs this. */
  own: boolean;
  /** There is room for a new index. */
  room: boolean;
  /** Looks at each entry: what speaks against a rebuild, in words. */
  hazard: () => string | undefined;
}

export interface Way {
  way: 'place' | 'update';
  reason: string;
  /** Worth a word to a person: it will take longer than it could. */
  notable: boolean;
}

/** The layout whose folders we know. */
const LAYOUT = '6';
/** `update` takes 6 to 20 ms an entry (measured). */
const MIN_STEPS = 20;
/** A rebuild takes 6 ms for every entry there is, `update` up to 20 ms for each that comes. */
const MAX_LOCAL_PER_STEP = 2;

export function chooseWay(facts: WayFacts): Way {
  const ordinary = (reason: string): Way => ({ way: 'update', reason, notable: false });
  if (facts.single) return ordinary('one entry was asked for');
  if (facts.steps < MIN_STEPS) return ordinary('there are few entries to bring');
  if (facts.local > MAX_LOCAL_PER_STEP * facts.steps) {
    return ordinary('many more entries are there than come');
  }
  const slower = (reason: string): Way => ({ way: 'update', reason, notable: true });
  if (facts.layout !== LAYOUT) {
    return slower(`the Journal has layout ${JSON.stringify(facts.layout.slice(0, 20))}`);
  }
  if (!facts.own) return slower('the Journal belongs to another user');
  if (!facts.room) return slower('there is little room for a new index');
  const hazard = facts.hazard();
  return hazard === undefined
    ? { way: 'place', reason: 'many entries come', notable: false }
    : slower(hazard);
}
