/**
 * Small pieces of text that all results are made of.
 */

/** `1 entry`, `2 entries` */
export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Titles are a child's, and may hold anything: without characters that control a terminal. */
export function harmless(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, ' ');
}
