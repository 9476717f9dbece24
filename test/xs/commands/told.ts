/** A command of `xs-backup`, with what it prints and how it ends. */
import { DsError } from '../../../shared/errors.ts';
import type { Flags } from '../../../xs/commands/command.ts';
import { runCommand } from '../../../xs/commands/service-socket.ts';
import { LOCAL_COMMANDS } from '../../../xs/commands/table.ts';
import { STICK_PARTS, type WholeLibrary } from '../whole.ts';

interface Told {
  text: string;
  exit: number;
  error: DsError | undefined;
}

export async function run(
  { library }: Pick<WholeLibrary, 'library'>,
  command: string,
  args: string[] = [],
  flags: Flags = {},
): Promise<Told> {
  let text = '';
  const print = (more: string) => {
    text += more;
  };
  const { signal } = new AbortController();
  const { paths, config, env } = library;
  const nobody = { open: () => Promise.reject(new Error('no')), checkUser: () => {}, env };
  const context = { paths, config, args, flags, print, signal, stickParts: STICK_PARTS };
  const local = LOCAL_COMMANDS[command];
  try {
    const exit = local
      ? await local.run({ ...context, ...nobody, command: async () => 0, progress: () => {} })
      : await runCommand(library, { command, args, flags }, print, signal);
    return { text, exit: typeof exit === 'number' ? exit : 0, error: undefined };
  } catch (error) {
    if (!(error instanceof DsError)) throw error;
    return { text, exit: 1, error };
  }
}
