/** Two schools, and what is carried from one to the other. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY_MS } from '../../../shared/clock.ts';
import type { Flags } from '../../../xs/commands/command.ts';
import { runCommand } from '../../../xs/commands/service-socket.ts';
import { LOCAL_COMMANDS } from '../../../xs/commands/table.ts';
import { listHeld, listSnapshots } from '../../../xs/storage/snapshots.ts';
import { journalOfDay } from '../acts.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { dsaKey, openWhole, STICK_PARTS, serialOf, type WholeLibrary } from '../whole.ts';

/** The laptop that broke: SERIAL took its place. */
export const OLDER = serialOf(7);

export interface Schools extends AsyncDisposable {
  folder: string;
  /** The folders of the two. */
  here: string;
  there: string;
  /** Where it is carried. */
  stick: string;
  from: WholeLibrary;
  to: WholeLibrary;
}

/** In the first, Jocinta with two laptops, a pinned thing, a pinned day, and a backup held aside. */
export async function twoSchools(settings = ''): Promise<Schools> {
  const folder = mkdtempSync(join(tmpdir(), 'ds-transfer-'));
  const [here, there] = [join(folder, 'here'), join(folder, 'there')];
  for (const one of [here, there]) mkdirSync(one);
  const from = await openWhole(settings, { folder: here });
  const to = await openWhole(settings, { folder: there, start: '2026-03-20T08:00:00Z' });
  await to.command('forget', [SERIAL]);
  await fill(from);
  return {
    ...{ folder, here, there, from, to, stick: join(folder, 'stick') },
    [Symbol.asyncDispose]: async () => {
      await from[Symbol.asyncDispose]();
      await to[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function fill(from: WholeLibrary): Promise<void> {
  const { library } = from;
  library.registrations.register(OLDER, 'Jocinta', 'uuid', dsaKey(2));
  await backUp(from, journalOfDay(1), OLDER);
  await from.command('alias', [SERIAL, OLDER]);
  for (let day = 2; day < 6; day += 1) {
    from.clock.pass(DAY_MS);
    await backUp(from, journalOfDay(day));
  }
  const [newest] = listSnapshots(library.paths, SERIAL);
  await from.command('pin', [SERIAL, newest?.name ?? '', uidOf(1)]);
  await from.command('pin', [SERIAL, newest?.name ?? '']);
  from.clock.pass(DAY_MS);
  await backUp(from, new Map());
  if (listHeld(library.paths, SERIAL).length !== 1) throw new Error('nothing is held aside');
}

/** `xs-backup transfer …` at a terminal of this school; returns what it printed. The service refuses the commands `refused`. */
export async function transfer(
  { library }: Pick<WholeLibrary, 'library'>,
  args: readonly string[],
  flags: Flags = {},
  refused: readonly string[] = [],
): Promise<string> {
  const { paths, config, env } = library;
  const signal = new AbortController().signal;
  let printed = '';
  const print = (text: string) => {
    printed += text;
  };
  await LOCAL_COMMANDS.transfer?.run({
    ...{ paths, config, env, args, flags, print, signal, stickParts: STICK_PARTS },
    ...{ progress: () => {}, checkUser: () => {} },
    open: () => Promise.reject(new Error('not needed')),
    command: (name, words) =>
      refused.includes(name)
        ? Promise.resolve(1)
        : runCommand(library, { command: name, args: [...words], flags: {} }, () => {}, signal),
  });
  return printed;
}
