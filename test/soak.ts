/**
 * How much of a long test is done: all of it by `npm run test:soak`, a part in the suite, which is run so
 * often that it begins at other moments each time.
 */
export function soak(full: number, inSuite: number): number {
  return process.env.DS_BACKUP_SOAK ? full : inSuite;
}
