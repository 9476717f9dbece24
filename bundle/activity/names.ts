/** What Sugar's Home shows of the activity; in `activity.linfo` for each language. */

/** Marks a text for the catalogues, and leaves it as it is. */
const _ = (text: string): string => text;

export const NAME = _('Backup');
export const SUMMARY = _('Keeps your Journal safe at school, and brings it back');
