/**
 * What needs attention in words, and what to do about it: the same for the terminal, in English, and the
 * pages, in the teacher's language. Pure.
 */
import { size, type Words } from '../../shared/words/words.ts';
import type { Concern } from './concerns.ts';
import type { Relief } from './relief.ts';

/** What is the matter, without the names of laptops. */
// long: a table of texts
export function concernText(words: Words, concern: Concern): string {
  const { _, _n } = words;
  const n = 'laptops' in concern ? concern.laptops.length : 0;
  switch (concern.type) {
    case 'service-down':
      return _('The service is not running: no laptop can back up');
    case 'port-closed':
      return _('Nobody answers at {ports}: {who}', {
        ports: concern.ports.map(({ port }) => _('port {port}', { port })).join(', '),
        who: concern.ports.map(({ purpose }) => portText(words, purpose)).join(', '),
      });
    case 'sandbox':
      return _('No laptop can send or fetch anything: its session does not start');
    case 'unlinked':
      return _('The backups were copied here without their hard links: nothing is removed');
    case 'disk-full':
      return _('The disk is full: no backup can start');
    case 'faults':
      return _('Part of this server does not work: tell whoever looks after it');
    case 'waiting-keys':
      return _n('{n} laptop asks to be let in', '{n} laptops ask to be let in', n);
    case 'twins':
      return _n('Two laptops answer to {n} name', 'Two laptops answer to each of {n} names', n);
    case 'damaged-laptops':
      return _n('{n} laptop has a damaged backup', '{n} laptops have a damaged backup', n);
    case 'not-safe':
      return _n(
        '{n} laptop has things that are not safe',
        '{n} laptops have things that are not safe',
        n,
      );
    case 'refused-laptops':
      return _n(
        '{n} laptop of the old server is not registered here',
        '{n} laptops of the old server are not registered here',
        n,
      );
    case 'locked-out-laptops':
      return _n(
        '{n} laptop with the old program cannot connect: it needs the new program',
        '{n} laptops with the old program cannot connect: they need the new program',
        n,
      );
    case 'held':
      return _n('{n} laptop lost much of its Journal', '{n} laptops lost much of their Journal', n);
    case 'arrivals':
      return _n('{n} child comes from another school', '{n} children come from another school', n);
    case 'offers':
      return _n(
        '{n} child offers something to the class',
        '{n} children offer something to the class',
        n,
      );
    case 'proposals':
      return _n(
        '{n} new laptop may belong to a child you know',
        '{n} new laptops may belong to children you know',
        n,
      );
    case 'no-teacher':
      return _('Nobody can sign in to the pages yet');
    case 'teachers-of-copy':
      return _n(
        '{n} teacher of the copy elsewhere waits to be confirmed',
        '{n} teachers of the copy elsewhere wait to be confirmed',
        concern.names.length,
      );
    case 'clock':
      return _(
        'The clock of this server is not trusted: nothing is removed, and the age of backups is unknown',
      );
    case 'offsite':
      return _('The copy of all backups elsewhere is not being made');
    case 'damage':
      return _n('{n} damaged file was found', '{n} damaged files were found', concern.files);
    case 'disk-too-small':
      return _('The disk is too small for this school');
    case 'disk-nearly-full':
      return _('The disk is nearly full');
    case 'disk-filling':
      return _('The disk will be full about {date}', { date: dateText(words, concern.fullOn) });
    case 'reserve-gone':
      return _('The reserve for repairs is used up');
    case 'scrub-behind':
      return _n(
        'Not everything has been checked for {n} day of service',
        'Not everything has been checked for {n} days of service',
        concern.days,
      );
    case 'over-quota':
      return _n(
        '{n} laptop needs more than its share',
        '{n} laptops need more than their share',
        n,
      );
    case 'never-backed-up':
      return _n(
        '{n} laptop registered more than a day ago has never made a backup',
        '{n} laptops registered more than a day ago have never made a backup',
        n,
      );
    case 'late-laptops':
      return _n(
        '{n} laptop has not been seen for a long time',
        '{n} laptops have not been seen for a long time',
        n,
      );
    case 'unconfirmed':
      return _n(
        'Nobody has compared the digits of {n} laptop',
        'Nobody has compared the digits of {n} laptops',
        n,
      );
    default:
      return concern satisfies never;
  }
}

/** What to do now. */
// long: a table of texts
export function concernAdvice(words: Words, concern: Concern): string {
  const { _ } = words;
  switch (concern.type) {
    case 'service-down':
      return _('Start it: {command}', { command: 'systemctl restart xs-backup' });
    case 'port-closed':
      return _('Another program may have the port, or the web server does not pass it on.');
    case 'sandbox':
    case 'faults':
      return _('Whoever looks after the server reads the reason: {command}', {
        command: 'xs-backup doctor',
      });
    case 'unlinked':
      return _('They take many times the space. At the terminal: {command}', {
        command: 'xs-backup relink',
      });
    case 'disk-full':
    case 'disk-nearly-full':
      return reliefsText(words, concern.reliefs);
    case 'disk-filling':
    case 'disk-too-small':
      return _('A larger disk is needed, or fewer laptops.');
    case 'waiting-keys':
      return _('Type the six digits that the laptop shows.');
    case 'twins':
      return _(
        'Say on the page of the laptop whether they are two, or at the terminal: {command}',
        {
          command: 'xs-backup twins',
        },
      );
    case 'damaged-laptops':
      return _(
        'Switch these laptops on near the server: their next backups bring back what they still have.',
      );
    case 'damage':
      return _('The next backups repair what they can; leave the server on.');
    case 'offsite':
      return _('Can its destination be reached? At the terminal: {command}', {
        command: 'xs-backup offsite status',
      });
    case 'not-safe':
      return _('Each laptop shows which things, and why.');
    case 'refused-laptops':
      return _('Register it again in Sugar; its old backups are kept.');
    case 'locked-out-laptops':
      return _('This server can no longer check this kind of key.');
    case 'held':
      return _('If it was wiped, bring its Journal back. Otherwise say whether this is right.');
    case 'arrivals':
      return _('If this child belongs here, say yes.');
    case 'offers':
      return _('Look at each of them, and say yes or no.');
    case 'proposals':
      return _('Ask the child. If it is so, the new one may bring back what the old one left.');
    case 'no-teacher':
      return _('At the terminal: {command}', { command: 'xs-backup teacher add NAME' });
    case 'teachers-of-copy':
      return _('Those who are still here: {command}. The others: {remove}', {
        command: 'xs-backup teacher confirm NAME',
        remove: 'xs-backup teacher remove NAME',
      });
    case 'clock':
      return _('Is its date right? Then at the terminal: {command}', {
        command: 'xs-backup cleanup --trust-clock',
      });
    case 'reserve-gone':
      return _('Make room on the disk; the next cleanup makes the reserve again.');
    case 'scrub-behind':
      return _('Leave the server on for longer, or at the terminal: {command}', {
        command: 'xs-backup scrub --all',
      });
    case 'over-quota':
      return _('Unpin what nobody needs.');
    case 'never-backed-up':
      return _('Use it at school for a while; it shows what it is waiting for.');
    case 'late-laptops':
      return _('Bring it to school. If it is gone, take it out of use.');
    case 'unconfirmed':
      return _('Type the six digits that the laptop shows, when you have it at hand.');
    default:
      return concern satisfies never;
  }
}

/** The three acts that free most, with their sizes; and the one that always helps. */
function reliefsText(words: Words, reliefs: readonly Relief[]): string {
  const acts = reliefs.slice(0, 3).map((one) => reliefText(words, one));
  return [...acts, words._('a larger disk')].join('; ');
}

export function reliefText(words: Words, { type, bytes }: Relief): string {
  const { _ } = words;
  const values = { size: size(words, bytes) };
  switch (type) {
    case 'others':
      return _('{size} of other files on this disk: whoever looks after the server may move them', {
        ...values,
      });
    case 'pins':
      return _(
        '{size} of pinned things: unpin what nobody needs, on the page of its laptop',
        values,
      );
    case 'held':
      return _('{size} of backups held aside: decide whether they are right', values);
    default:
      return type satisfies never;
  }
}

function portText({ _ }: Words, purpose: 'ask' | 'register' | 'transfer'): string {
  switch (purpose) {
    case 'ask':
      return _('laptops cannot find the server');
    case 'register':
      return _('laptops cannot register');
    case 'transfer':
      return _('laptops cannot send anything');
    default:
      return purpose satisfies never;
  }
}

function dateText(words: Words, date: string): string {
  return words.date(Math.floor(Date.parse(`${date}T12:00:00`) / 1000));
}
