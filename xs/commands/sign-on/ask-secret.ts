/**
 * Reads a new password from the terminal, twice and without echoing it, or the first line of a pipe.
 */
import { createInterface } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { DsError } from '../../../shared/errors.ts';

type Input = NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>;

/**
 * The line without its line break; empty at the end of input. Throws `bad-input` when the two differ: what
 * nobody can see may be mistyped.
 */
export async function askSecret(question: string, input: Input, output: Partial<WriteStream>) {
  if (!input.isTTY || !input.setRawMode) return firstLine(input);
  const first = await typed(question, input, output);
  if (first === '' || (await typed('the same again: ', input, output)) === first) return first;
  throw new DsError('bad-input', 'these were two different passwords', {
    hint: 'nothing was changed; run the command again',
  });
}

async function firstLine(input: Input): Promise<string> {
  const lines = createInterface({ input });
  for await (const line of lines) {
    lines.close();
    return line;
  }
  return '';
}

const [ENTER, RETURN, END, INTERRUPT] = ['\n', '\r', '\u0004', '\u0003'];
const BACKSPACE = ['\b', '\u007f'];

function typed(question: string, input: Input, output: Partial<WriteStream>): Promise<string> {
  output.write?.(question);
  input.setRawMode?.(true);
  return new Promise((resolve) => {
    let line = '';
    const finish = (text: string) => {
      input.off('data', onData);
      input.setRawMode?.(false);
      input.pause();
      output.write?.('\n');
      resolve(text);
    };
    const onData = (bytes: Buffer | string) => {
      for (const character of bytes.toString()) {
        if (character === INTERRUPT) return finish('');
        if (character === ENTER || character === RETURN || character === END) return finish(line);
        line = BACKSPACE.includes(character) ? line.slice(0, -1) : line + character;
      }
    };
    input.on('data', onData).resume();
  });
}
