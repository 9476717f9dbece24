/**
 * Reads one line from the terminal without echoing it, or the first line of a pipe.
 */
import { createInterface } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';

type Input = NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>;

/** The line without its line break; empty at the end of input. */
export function askSecret(question: string, input: Input, output: Partial<WriteStream>) {
  return input.isTTY && input.setRawMode ? typed(question, input, output) : firstLine(input);
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
