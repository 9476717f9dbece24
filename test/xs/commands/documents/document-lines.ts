/** The command lines that the documents for users show: in blocks of code, and within sentences. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const GUIDES = 'bundle/docs';
/** Everything that a user reads. */
export const DOCUMENTS = [
  'README.md',
  'MIGRATION.md',
  ...readdirSync(join(ROOT, GUIDES))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(GUIDES, name)),
];

export interface DocumentLine {
  document: string;
  /** As it is printed, without `sudo` and comment. */
  text: string;
  /** Within a sentence a command without arguments is only named. */
  inSentence: boolean;
}

/** Each line of a block, and each piece of `code` within a sentence. */
export function documentLines(document: string): DocumentLine[] {
  const blocks: string[] = [];
  const prose = readDocument(document).replace(/^```[a-z]*\n(.*?)^```$/gms, (_, block: string) => {
    blocks.push(...block.split('\n'));
    return '';
  });
  const pieces = [...prose.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  return [
    ...blocks.flatMap(commandsIn).map((text) => ({ document, text, inSentence: false })),
    ...pieces.flatMap(commandsIn).map((text) => ({ document, text, inSentence: true })),
  ];
}

/** The commands of the block that follows `**Title.**` in the README. */
export function recipe(title: string): string[] {
  const readme = readDocument('README.md');
  const start = readme.indexOf(`**${title}**`);
  const block = /^```[a-z]*\n(.*?)^```$/ms.exec(readme.slice(start))?.[1];
  if (start < 0 || block === undefined) throw new Error(`the README has no recipe "${title}"`);
  return block.split('\n').flatMap(commandsIn);
}

/** The titles of all recipes, in the order of the README. */
export function recipeTitles(): string[] {
  const [, section = ''] = readDocument('README.md').split('### What to do, by task\n');
  const [recipes = ''] = section.split('\n### ');
  const titled = [...recipes.matchAll(/^\*\*([^*]+)\*\*(?:(?!^\*\*).)*?^```/gms)];
  return titled.map((match) => match[1] ?? '');
}

function commandsIn(line: string): string[] {
  const [shown = ''] = line.split(/ +#/);
  return shown
    .split(/;|&&/)
    .map((one) =>
      one
        .replace(/\s+/g, ' ')
        .trim()
        .replace(/^sudo /, ''),
    )
    .filter((one) => one !== '');
}

function readDocument(name: string): string {
  return readFileSync(join(ROOT, name), 'utf8');
}
