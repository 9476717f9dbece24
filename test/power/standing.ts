/** Everything that stands in a folder, for comparing what was there before a power cut with what is there after. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Path → what it is: content as a digest, rights, where a link leads. */
export type Standing = Map<string, string>;

export function standingIn(folder: string): Standing {
  const standing: Standing = new Map();
  const look = (path: string): void => {
    const name = path === '' ? folder : join(folder, path);
    const stat = lstatSync(name);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isDirectory()) {
      standing.set(path, `folder ${mode}`);
      for (const one of readdirSync(name)) look(join(path, one));
    } else if (stat.isSymbolicLink()) standing.set(path, `link to ${readlinkSync(name)}`);
    else if (stat.isFile()) standing.set(path, `${stat.size} bytes ${digest(name)}, ${mode}`);
  };
  look('');
  return standing;
}

/** What of it is not there any more, or is another thing. */
export function missingFrom(after: Standing, before: Standing): string[] {
  const lines: string[] = [];
  for (const [path, was] of before) {
    const is = after.get(path);
    if (is !== was) lines.push(`${path}: ${is ?? 'nothing'}, was ${was}`);
  }
  for (const [path, is] of after) if (!before.has(path)) lines.push(`${path}: ${is}, was removed`);
  return lines;
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
}
