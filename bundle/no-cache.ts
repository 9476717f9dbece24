/** Stands in for got's cache of answers, which none of our programs uses. */
export default class Unused {
  constructor() {
    throw new Error('a cache of answers is not part of this build');
  }
}

/** got asks of each error whether it is one of these. */
export class CacheError extends Error {}
