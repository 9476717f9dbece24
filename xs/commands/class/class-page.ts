/**
 * `class-page`: switches the class page on and off, lists what children offer, and says yes or no to it. The
 * teachers' pages run the same command.
 */

import type { Serial } from '../../../shared/ids.ts';
import { OFFER_STATES as STATES } from '../../../shared/protocol/offer-states.ts';
import { localTime } from '../../../shared/words/local-time.ts';
import { factsOf } from '../../api/entry-facts.ts';
import { readVersion } from '../../api/read-entries.ts';
import { noOffer } from '../../class-page/offer.ts';
import { decide, readOffers, withdrawThose } from '../../class-page/offer-file.ts';
import { type SchoolOffer, SchoolOffers } from '../../class-page/offers.ts';
import { isOn, switchTo } from '../../class-page/switch.ts';
import type { Library } from '../../library.ts';
import { inLaptop } from '../../storage/paths.ts';
import { laptopArgument, named } from '../arguments.ts';
import { answer, type Command, type CommandContext, usage } from '../command.ts';
import { columns, counted } from '../lines.ts';

export const classPage: Command = {
  takes: ['[on|off|ID|LAPTOP]', '[yes|no|clear]'],
  summary:
    'the class page: list what children offer, "on", "off", "ID yes", "ID no", "LAPTOP clear"',
  // Not in the queue of the library, which may be busy for hours: a no holds at once.
  run: (context) => {
    const [what, word] = context.args;
    if (what === undefined) return list(context);
    if ((what === 'on' || what === 'off') && word === undefined) return turn(context, what);
    if (word === 'yes' || word === 'no') return say(context, word, what);
    if (what === 'exported' && word !== undefined) return noteExport(context, word);
    if (word === 'clear') return clear(context, laptopArgument(context));
    throw usage('give no arguments, "on", "off", "ID yes", "ID no" or "LAPTOP clear"');
  },
};

function turn(context: CommandContext, word: 'on' | 'off'): void {
  const { library } = context;
  const changed = switchTo(library.paths, word === 'on');
  if (changed) library.audit.decided(`class-page-${word}`, null);
  answer(context, { on: word === 'on', changed }, () => [
    `the class page is ${changed ? '' : 'already '}${word}`,
  ]);
}

const SAID = { yes: 'approved', no: 'refused' } as const;

function say(context: CommandContext, word: keyof typeof SAID, text: string): void {
  const { library } = context;
  const { paths, audit, clock } = library;
  if (word === 'yes' && !isOn(paths)) {
    throw usage('there is no class page now', '"xs-backup class-page on" switches it on');
  }
  const found = meant(library, text);
  const { serial, id, uid, nick } = found;
  decide(paths, serial, id, SAID[word], clock.now());
  audit.decided(`class-${SAID[word]}`, serial, { uid, id });
  answer(context, { id, serial, said: SAID[word] }, () => [
    `${titleOf(paths, found)} of ${nick || serial}: ${word === 'yes' ? '' : 'not '}on the class page`,
  ]);
}

/** For `export-class`, which runs at the terminal. */
function noteExport({ library }: CommandContext, folder: string): void {
  library.audit.decided('class-exported', null, { to: folder });
}

/** By its id, or the beginning of it. Throws `not-found`, and `usage` where it is several. */
function meant(library: Library, text: string): SchoolOffer {
  if (!/^[0-9a-f]{4,32}$/.test(text)) {
    throw usage('an offer is named by four or more digits of its id', LISTS);
  }
  const offers = new SchoolOffers(library);
  const all = STATES.flatMap((state) => offers.list(state));
  const [found, ...more] = all.filter(({ id }) => id.startsWith(text));
  if (!found) throw noOffer();
  if (more.length > 0) throw usage(`"${text}" may be any of ${more.length + 1} offers`, LISTS);
  return found;
}

const LISTS = '"xs-backup class-page" lists them';

/** Also those of a file that cannot be read. */
function clear(context: CommandContext, serial: Serial): void {
  const { paths, audit } = context.library;
  const { damaged } = readOffers(paths, serial);
  const ended = withdrawThose(paths, serial, () => true);
  if (ended.length > 0 || damaged) audit.decided('class-cleared', serial, { offers: ended.length });
  answer(context, { serial, ended: ended.length, damaged }, () => [
    `${named(context.library, serial)}: ${counted(ended.length, 'offer')} ended`,
  ]);
}

function list(context: CommandContext): void {
  const { library } = context;
  const { paths } = library;
  const offers = new SchoolOffers(library);
  const on = isOn(paths);
  const damaged = offers.damaged();
  const shown = STATES.flatMap((state) => offers.list(state)).map((one) => ({
    ...one,
    title: titleOf(paths, one),
  }));
  answer(context, { on, offers: shown, damaged }, () => [
    `the class page is ${on ? 'on' : 'off'}`,
    ...columns(
      shown.map(({ id, state, offered, serial, nick, title }) => {
        return [id, state, localTime(offered), serial, nick, title];
      }),
    ),
    ...damaged.map((serial) => {
      return `what ${named(library, serial)} offers cannot be read: "xs-backup class-page ${serial} clear", and the child offers it again`;
    }),
  ]);
}

/** As the class sees it. */
function titleOf(paths: Library['paths'], { serial, uid, digest }: SchoolOffer): string {
  const { entry, bytes } = readVersion(inLaptop(paths, serial).pin(uid, digest), uid, digest);
  return entry ? factsOf(entry, bytes).title || 'without a title' : 'damaged';
}
