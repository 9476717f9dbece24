/**
 * The real commands of a library in the time zone of this process: the first argument is the instant of a backup,
 * the others are lines to type. Prints what each line told, as one JSON object.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY_MS } from '../../../shared/clock.ts';
import { describeForTerminal } from '../../../shared/errors.ts';
import { parseSerial } from '../../../shared/ids.ts';
import { addTeacher } from '../../../xs/admin/teachers.ts';
import { runCli } from '../../../xs/cli.ts';
import { serveCommands } from '../../../xs/commands/service-socket.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { dsaKey, openWhole, STICK_PARTS } from '../whole.ts';

const [instant = '', ...lines] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'ds-zone-'));
const told: Record<string, string> = {};
const HOUR_MS = DAY_MS / 24;

async function play(line: string): Promise<string> {
  let shown = '';
  const print = (text: string) => {
    shown += text;
  };
  await runCli({
    args: [
      ...line.replace('/media/stick', folder).split(' '),
      '--config',
      join(folder, 'config.toml'),
    ],
    ...{ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, env: process.env },
    ...{ sessionScript: '', pageFiles: { locale: '', styleSheets: [] }, stickParts: STICK_PARTS },
    ...{ log: { info: () => {}, warn: () => {} }, print, drawBar: undefined, inherited: [] },
    ...{ ask: async () => 'a long password', signal: new AbortController().signal },
  }).catch((error: unknown) => print(describeForTerminal(error)));
  return shown;
}

try {
  await using whole = await openWhole('', { folder, start: instant });
  await using _served = await serveCommands(whole.library);
  const { library, clock } = whole;
  await addTeacher(library.paths, 'Rosa', 'a long password', clock.now(), undefined);
  await backUp(whole, new Map([[uidOf(1), { title: 'one', content: 'one' }]]));
  library.registrations.register(parseSerial('SHC00800000'), 'Jocinta', 'uuid-2', dsaKey(2));
  for (const line of lines) {
    const [, hours, rest] = /^\+(-?\d+)h (.*)$/.exec(line) ?? [];
    if (hours !== undefined) clock.time += Number(hours) * HOUR_MS;
    if (hours !== undefined && rest === 'backup') {
      const title = `after ${hours}`;
      await backUp(whole, new Map([[uidOf(1), { title, content: title }]]), SERIAL);
    } else told[line] = await play(rest ?? line);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(JSON.stringify(told));
