/**
 * `export-class`: the class page as files for a stick. Runs at the terminal with that user's rights; the
 * audit log has a line before the first file is written.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DsError, isSystemError } from '../../../shared/errors.ts';
import { readOffers } from '../../class-page/offer-file.ts';
import { type SchoolOffer, SchoolOffers } from '../../class-page/offers.ts';
import { isOn } from '../../class-page/switch.ts';
import { laptopsIn } from '../../integrity/checker.ts';
import { exportClass } from '../../published/export.ts';
import type { Paths } from '../../storage/paths.ts';
import { type MachineCommand, NEEDS_ATTENTION, runOther, usage } from '../command.ts';
import { counted, TERMINAL_WORDS } from '../lines.ts';

export const exportClassCommand: MachineCommand = {
  takes: ['DIR'],
  summary: 'write the class page into a folder, to be opened from there: approved things only',
  run: async ({ paths, args, flags, print, progress, signal, command }) => {
    const folder = resolve(args[0] ?? '');
    checkOn(paths);
    prepare(folder);
    const offers = approved(paths);
    const hint = 'nothing was written; what was said above has to be mended first';
    await runOther({ command }, ['class-page', 'exported', folder], hint);
    const done = await exportClass(folder, {
      ...{ paths, offers, signal, words: TERMINAL_WORDS, language: 'en' },
      isApproved: (offer) => isApproved(paths, offer),
      made: Math.floor(Date.now() / 1000),
      onThing: (things) => progress({ done: things, of: offers.length, text: 'things' }),
    }).catch((cause: unknown) => {
      for (const name of readdirSync(folder)) {
        rmSync(join(folder, name), { recursive: true, force: true });
      }
      if (!isSystemError(cause)) throw cause;
      const hint = 'is there room for it? and may this user read the library? else with sudo';
      throw new DsError('bad-input', `cannot write ${folder}: ${cause.message}`, { hint, cause });
    });
    const { things, withoutFile, leftOut, ended } = done;
    if (flags.json) print(`${JSON.stringify({ folder, ...done })}\n`);
    else {
      print(`${counted(things, 'thing')} in ${folder}: open index.html\n`);
      for (const title of withoutFile) print(`  without its file: ${title}\n`);
      if (leftOut > 0) print(`  without ${counted(leftOut, 'thing')}: damaged\n`);
      if (ended > 0)
        print(`  without ${counted(ended, 'thing')}: refused or taken back meanwhile\n`);
    }
    return withoutFile.length + leftOut > 0 ? NEEDS_ATTENTION : 0;
  },
};

/** Retiring a laptop has ended its offers. */
function approved(paths: Paths) {
  const all = () => laptopsIn(paths).map((serial) => [serial, null] as const);
  return new SchoolOffers({ paths, registrations: { all, isActive: () => true } }).list('approved');
}

/** As the disk says now: this runs beside the service. Throws `usage` when there is no class page any more. */
function isApproved(paths: Paths, { serial, id }: SchoolOffer): boolean {
  checkOn(paths);
  const found = readOffers(paths, serial).offers.find((one) => one.id === id);
  return found?.state === 'approved';
}

function checkOn(paths: Paths): void {
  if (isOn(paths)) return;
  throw usage('there is no class page now', '"xs-backup class-page on" switches it on');
}

/** Throws `usage` for what is there and no empty folder. */
function prepare(folder: string): void {
  const hint = 'name a folder that does not exist yet, or an empty one';
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw usage(`${folder} is not a folder`, hint);
  try {
    if (!found) mkdirSync(folder);
    else if (readdirSync(folder).length > 0) throw usage(`${folder} is not empty`, hint);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new DsError('bad-input', `cannot make ${folder}: ${cause.message}`, { hint, cause });
  }
}
