/**
 * Which Writer puts the entries into the Journal: a pure decision with its reason.
 */

export interface WriterFacts {
  /** A single entry was asked for. */
  single: boolean;
  /** Entries to bring. */
  steps: number;
  /** Entries in the Journal. */
  local: number;
  /** Of the datastore's folder, as its `version` file has it; undefined where that cannot be read. */
  layout: string | undefined;
  /** The Journal's folder belongs to the user who runs this. */
  own: boolean;
  /** Folders of ours can be renamed into the Journal's. */
  oneDisk: boolean;
  /** There is room for a new index of Sugar's. */
  room: boolean;
  /** Reads every entry; says in words why Sugar must not rebuild its index, if so. */
  hazard: () => string | undefined;
}

export interface WriterChoice {
  writer: 'folders' | 'datastore';
  reason: string;
  /** Worth telling a person: the restore takes longer than it could. */
  notable: boolean;
}

/** The only layout of the datastore's folders that FolderWriter writes. */
const LAYOUT = '6';
/** Below this many entries the datastore is fast enough: 6 to 20 ms an entry (measured). */
const MIN_STEPS = 20;
/**
 * An index rebuild takes 6 ms for every local entry, and announces nothing. The datastore takes up to 20 ms for each
 * that comes, and as much again has to be left to Sugar's shell, which stands still while it hears of it.
 */
const MAX_LOCAL_PER_STEP = 7;

export function chooseWriter(facts: WriterFacts): WriterChoice {
  const ordinary = (reason: string): WriterChoice => {
    return { writer: 'datastore', reason, notable: false };
  };
  if (facts.single) return ordinary('one entry was asked for');
  if (facts.steps < MIN_STEPS) return ordinary('there are few entries to restore');
  if (facts.local > MAX_LOCAL_PER_STEP * facts.steps) {
    return ordinary('the Journal has many more entries than are restored');
  }
  const slower = (reason: string): WriterChoice => {
    return { writer: 'datastore', reason, notable: true };
  };
  if (facts.layout === undefined) return slower("the Journal's layout cannot be read");
  if (facts.layout !== LAYOUT) {
    return slower(`the Journal has layout ${JSON.stringify(facts.layout.slice(0, 20))}`);
  }
  if (!facts.own) return slower('the Journal belongs to another user');
  if (!facts.oneDisk) return slower('the Journal is on another disk');
  if (!facts.room) return slower('there is little room for a new index');
  const hazard = facts.hazard();
  return hazard === undefined
    ? { writer: 'folders', reason: 'there are many entries to restore', notable: false }
    : slower(hazard);
}
