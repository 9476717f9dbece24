/**
 * Small pieces of text that all results are made of.
 */

import { visible } from '../../shared/one-line.ts';

/** `1 entry`, `2 entries` */
export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Titles are a child's, and may hold anything: without characters that control a terminal. */
export function harmless(text: string): string {
  return visible(text);
}
