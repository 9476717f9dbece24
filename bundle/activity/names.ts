/**
 * The activity's words outside of its program: what Sugar's Home shows of it (`activity.linfo` for each
 * language), and what a laptop shows on which the program cannot run.
 */

/** Marks a text for the catalogues, and leaves it as it is. */
const _ = (text: string): string => text;

export const NAME = _('Backup');
export const SUMMARY = _('Keeps your Journal safe at school, and brings it back');

export const ASK = _('Ask your teacher');
export const NEEDS = _('Backup needs {needs}. On this laptop is {found}.');
