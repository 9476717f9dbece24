/**
 * JSON that says by a sum of its own whether it is what was written: where a single wrong bit would open something
 * to somebody else. Pure.
 */
import { createHash } from 'node:crypto';

/** The text of a file, with a line end. */
export function formatSummed(content: object): string {
  return `${JSON.stringify({ ...content, sum: sumOf(content) }, null, 2)}\n`;
}

/** What was written, of any shape. Throws where it is not that. */
export function parseSummed(text: string): unknown {
  const { sum, ...content } = JSON.parse(text) as Record<string, unknown>;
  if (sum !== sumOf(content)) throw new Error('its sum is wrong');
  return content;
}

function sumOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
