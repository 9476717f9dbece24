/** Every command that a document for users names exists, and takes the arguments that are shown there. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseArguments } from '../../../../agent/cli/arguments.ts';
import { COMMANDS as LAPTOP_COMMANDS } from '../../../../agent/cli/commands.ts';
import { describeForTerminal } from '../../../../shared/errors.ts';
import { parseCommandLine } from '../../../../xs/commands/command-line.ts';
import { COMMANDS, LOCAL_COMMANDS } from '../../../../xs/commands/table.ts';
import { DOCUMENTS, type DocumentLine, documentLines } from './document-lines.ts';

const test = suite('commands in the documents');

type Shown = Pick<DocumentLine, 'text' | 'inSentence'>;
type Parse = (args: readonly string[]) => unknown;
const PROGRAMS: readonly { name: string; commands: readonly string[]; parse: Parse }[] = [
  {
    name: 'xs-backup',
    commands: [...Object.keys({ ...COMMANDS, ...LOCAL_COMMANDS }), 'serve', 'help'],
    parse: parseCommandLine,
  },
  { name: 'ds-backup', commands: Object.keys(LAPTOP_COMMANDS), parse: parseArguments },
];

/** The words of a call of ours and how they are read; undefined for anything else. */
function callOf({ text, inSentence }: Shown): { words: string[]; parse: Parse } | undefined {
  if (text.includes(' = ') || /^\[\w+\]$/.test(text)) return undefined; // settings
  const [first = '', ...rest] = text.replace(/[[\]]|\.\.\./g, '').split(' ');
  const named = PROGRAMS.find(({ name }) => name === first);
  const words = named ? rest : [first, ...rest];
  const program = named ?? PROGRAMS.find(({ commands }) => commands.includes(first));
  if (!program || words.length < (inSentence ? 2 : 1)) return undefined;
  return { words, parse: program.parse };
}

for (const document of DOCUMENTS) {
  test(`${document} shows only calls that are understood`, () => {
    const calls = documentLines(document).flatMap((line) => {
      const call = callOf(line);
      return call ? [{ text: line.text, ...call }] : [];
    });
    const wrong = calls.flatMap(({ text, words, parse }) => {
      try {
        parse(words);
        return [];
      } catch (error) {
        return [`${text}: ${describeForTerminal(error)}`];
      }
    });
    assert.equal(wrong, []);
    if (!document.includes('teacher')) assert.ok(calls.length >= 5, `${calls.length} calls`);
  });
}

test('a call that is not understood would be found', () => {
  for (const text of [
    'xs-backup aprove Jim',
    'retire A B',
    'ds-backup restore latest now',
    'pin A B C D',
  ]) {
    const call = callOf({ text, inSentence: true });
    assert.throws(() => call?.parse(call.words), undefined, text);
  }
});

test.run();
