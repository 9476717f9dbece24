/**
 * How much of a long test is done: all of it by `npm run test:soak`, a part in the suite, in which every
 * case has its turn once.
 */
export function soak<T>(full: T, inSuite: T): T {
  return process.env.DS_BACKUP_SOAK ? full : inSuite;
}
