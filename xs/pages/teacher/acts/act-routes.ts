/**
 * Acts over HTTP: GET shows the confirmation and changes nothing; POST runs the same command as the
 * terminal, in the name of the teacher.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DsError } from '../../../../shared/errors.ts';
import { parseSerial, parseUid, type Serial, tryParse } from '../../../../shared/ids.ts';
import type { Words } from '../../../../shared/words/words.ts';
import { type LaptopRow, laptopRows } from '../../../admin/laptop-list.ts';
import { answerTo } from '../../../api/error-answer.ts';
import { runCommand } from '../../../commands/service-socket.ts';
import type { Library } from '../../../library.ts';
import { listPins, titleInTrash, titleOf } from '../../../pins/pins.ts';
import { listTrash } from '../../../storage/trash.ts';
import { findArrival } from '../../../transfer/arrivals.ts';
import { dayName } from '../../frame/day-name.ts';
import type { Done } from '../../frame/teacher-frame.tsx';
import type { Site } from '../../guard/site-context.ts';
import { cardOf } from '../shown/laptop-card.ts';
import { trashName } from '../shown/trash-name.ts';
import { type ActChoice, ActPage, NotDonePage } from './act-page.tsx';
import {
  type ActFacts,
  actWords,
  confirmedWords,
  keeperWords,
  sharedCodeWords,
  wrongCodeWords,
} from './act-words.ts';
import {
  type Act,
  askPath,
  commandsOf,
  effectPath,
  isForKeeper,
  readAct,
  readMoment,
  type Span,
  undoOf,
} from './acts.ts';
import { manyOf } from './many.ts';

/** Unchecked fields of a query or form: strings, or lists where one is repeated. */
export type Sent = Readonly<Record<string, unknown>>;

/** On a part that only teachers reach. */
export function addActRoutes(part: FastifyInstance, site: Site): void {
  const { library, guard } = site;

  part.get<{ Querystring: Sent }>('/xs-backup/do', async (request, reply) => {
    const act = readAct(request.query);
    return orExplain(site, act, request, reply, async () => {
      checkRole(site, act, request);
      const page = site.page(request, reply);
      const many = manyOf(library, act, guard.teacher(request));
      const { facts, rows } = await factsOf(library, page.words, act, many);
      const texts = actWords(page.words, act, facts);
      const about = rows.map(cardOf);
      const now = Math.floor(library.clock.now().getTime() / 1000);
      const choices = choicesOf(page.words, act, rows);
      return site.send(reply, ActPage({ page, act, texts, about, choices, now }));
    });
  });

  part.post<{ Body: Sent }>('/xs-backup/do', async (request, reply) => {
    const act = readAct(request.body);
    const teacher = guard.teacher(request);
    return orExplain(site, act, request, reply, async () => {
      checkRole(site, act, request);
      const { signal } = new AbortController(); // never aborted: an act is short
      let told = '';
      const print = (text: string) => {
        told += text;
      };
      const many = manyOf(library, act, teacher);
      const from = String(library.clock.now().getTime());
      await library.audit.inNameOf(teacher, async () => {
        const commands = commandsOf(act, many);
        await runAll(commands, (command) => runCommand(library, command, print, signal));
      });
      const span = many ? { from, to: String(library.clock.now().getTime()) } : {};
      const outcome = outcomeOf(act, told);
      const done = new URLSearchParams({ act: act.name, ...act.fields, ...span, ...outcome });
      return reply.redirect(`${effectPath(act)}?${done}`, 303);
    });
  });
}

/** What a teacher tries who is no keeper of the server. */
class KeeperNeeded extends DsError {
  constructor() {
    super('server-refused', 'only a keeper of the server may do this on the pages', {
      hint: '"xs-backup teacher role NAME keeper" at its terminal makes somebody one',
    });
  }
}

/** Throws `KeeperNeeded`. */
function checkRole({ guard, library }: Site, { name }: Act, request: FastifyRequest): void {
  if (!isForKeeper(name) || guard.isKeeper(request)) return;
  library.log.warn('act-refused', { act: name, teacher: guard.teacher(request) });
  throw new KeeperNeeded();
}

/** What the words of its effect depend on: the answer of the command. */
function outcomeOf({ name }: Act, told: string): { outcome?: 'confirmed' | 'another' } {
  if (name !== 'approve') return {};
  if (/"done":"confirmed"/.test(told)) return { outcome: 'confirmed' };
  return /"another":true/.test(told) ? { outcome: 'another' } : {};
}

/** One that is refused does not keep the others from being done; it is reported at the end. */
async function runAll<T>(commands: readonly T[], run: (one: T) => Promise<unknown>): Promise<void> {
  const refused: unknown[] = [];
  for (const command of commands) await run(command).catch((error) => refused.push(error));
  if (refused.length > 0) throw refused[0];
}

/** The buttons of the confirmation, where there is more than one way to say yes. */
function choicesOf(words: Words, act: Act, [, older]: readonly LaptopRow[]): ActChoice[] {
  if (act.name !== 'alias' || !older || older.retired !== null) return [];
  return [
    { name: 'replace', label: words._('Yes, and the old laptop is gone') },
    { name: 'alias', label: words._('Yes, but the old laptop is still used') },
  ];
}

/** The act in the query of the page it led to; undefined where there is none. */
export function doneOf(library: Library, words: Words, query: Sent): Done | undefined {
  if (query.act === undefined) return undefined;
  try {
    const act = readAct(query);
    const facts = {
      ...{ name: whoIs(library, act), other: '', what: '', answer: answerOf(library, act) },
      another: query.outcome === 'another',
      ...{ minutes: minutesOf(act), laptops: 0 },
    };
    const undo = undoOf(act, spanIn(query));
    const { serial } = act.fields;
    const stands =
      serial === undefined || library.registrations.get(parseSerial(serial)) !== undefined;
    const isConfirmed = act.name === 'approve' && query.outcome === 'confirmed';
    return {
      text: isConfirmed ? confirmedWords(words, facts.name) : actWords(words, act, facts).done,
      undo: undo && stands ? askPath(undo) : undefined,
    };
  } catch {
    return undefined; // not an act of ours
  }
}

/** When it was done; nothing for what is no time. */
function spanIn({ from, to }: Sent): Span {
  const [begin, end] = [from, to].map((one) => typeof one === 'string' && readMoment(one));
  return begin && end ? { from: begin, to: end } : {};
}

/** Shows the refusal of a command as a page, with the words of the terminal. */
async function orExplain(
  site: Site,
  act: Act,
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    const { status, body } = answerTo(error);
    if (status >= 500) throw error;
    const page = site.page(request, reply);
    const who = whoIs(site.library, act);
    const told = `${body.message}${body.hint === undefined ? '' : ` (${body.hint})`}`;
    const problem =
      act.fields.serial === undefined ? told : told.replaceAll(act.fields.serial, who);
    const wrong = act.name === 'approve' ? codeWords(page.words, body.code, who) : undefined;
    const meaning = error instanceof KeeperNeeded ? keeperWords(page.words) : wrong;
    void reply.status(status);
    return site.send(reply, NotDonePage({ page, back: effectPath(act), problem, meaning }));
  }
}

/** Undefined where only the terminal has words for it. */
function codeWords(words: Words, code: string, who: string): string | undefined {
  if (code === 'not-found') return wrongCodeWords(words);
  return code === 'bad-input' ? sharedCodeWords(words, who) : undefined;
}

/** The nick, or the serial number of a laptop without one. */
function whoIs({ registrations }: Library, { fields }: Act): string {
  const serial = tryParse(parseSerial, fields.serial);
  return serial ? registrations.nameOf(serial) : (fields.serial ?? '');
}

/** Throws `not-registered`. */
async function factsOf(
  library: Library,
  words: Words,
  act: Act,
  many: readonly Serial[] | undefined,
): Promise<{ facts: ActFacts; rows: LaptopRow[] }> {
  const arriving = arrivalOf(library, act);
  if (arriving) return { facts: { ...NO_FACTS, name: arriving }, rows: [] };
  const { serial, of } = act.fields;
  const named = many ?? [serial, of];
  const serials = named.flatMap((text) => (text === undefined ? [] : [parseSerial(text)]));
  const laptops = serials.map((one) => [one, known(library, one)] as const);
  const rows = await laptopRows(library, laptops);
  const [row, other] = rows;
  const facts: ActFacts = {
    name: row ? row.nick || row.serial : '',
    other: other ? other.nick || other.serial : '',
    what: whatOf(library, words, act),
    ...{ answer: null, another: false },
    ...{ minutes: minutesOf(act), laptops: rows.length },
  };
  return { facts, rows };
}

const NO_FACTS: ActFacts = {
  ...{ name: '', other: '', what: '', answer: null, another: false },
  ...{ minutes: 0, laptops: 0 },
};

/** The name of a child who is no laptop of this school yet; undefined for an act about others. */
function arrivalOf({ paths }: Library, { name, fields }: Act): string | undefined {
  if (name !== 'welcome' && name !== 'decline') return undefined;
  const { laptops } = findArrival(paths, parseSerial(fields.serial));
  return laptops[0]?.nick || fields.serial;
}

/** The digits that a laptop may ask for, once a teacher has typed its own. */
function answerOf({ registrations }: Library, { name, fields }: Act): string | null {
  const serial = tryParse(parseSerial, fields.serial);
  const found = serial && registrations.get(serial)?.introduction;
  const isDone = name === 'approve' && found?.code === fields.code && found?.confirmed;
  return found && isDone ? found.answer : null;
}

function whatOf({ paths }: Library, words: Words, { fields }: Act): string {
  const { serial, snapshot, pin, item, wwwroot } = fields;
  if (wwwroot !== undefined) return wwwroot;
  const uid = tryParse(parseUid, pin);
  if (uid && serial !== undefined) {
    const found = listPins(paths, parseSerial(serial)).find((one) => one.uid === uid);
    return (found && titleOf(found)) || uid;
  }
  if (item !== undefined && serial !== undefined) {
    const known = listTrash(paths, parseSerial(serial)).findLast(({ name }) => name === item);
    return trashName(words, { name: item, title: known ? titleInTrash(known) : '' });
  }
  return dayName(words, snapshot ?? pin ?? '');
}

function known({ registrations }: Library, serial: Serial) {
  const laptop = registrations.get(serial);
  if (laptop) return laptop;
  throw new DsError('not-registered', `no laptop ${serial} is registered here`);
}

function minutesOf({ fields }: Act): number {
  return Number(fields.minutes ?? 0);
}
