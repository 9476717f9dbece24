/**
 * What nobody can call right, although nothing is known to be wrong: it was never tried, is not known yet, or
 * there is nothing of the kind here. Pure; in English, for the terminal.
 */
import type { ConcernType } from './concerns.ts';
import type { Status } from './status.ts';

export interface Unsettled {
  /** `none`: nothing of the kind is set up or there; `open`: not known. */
  state: 'none' | 'open';
  why: string;
}

/** By the concern that would be raised if it were wrong. */
export function unsettled(status: Status): Partial<Record<ConcernType, Unsettled>> {
  const { probes, laptops, offsite, scrub, cleanedUp } = status;
  const count = (standing: string) => laptops.filter((one) => one.standing === standing).length;
  const open = (is: boolean, why: string): Unsettled | undefined =>
    is ? { state: 'open', why } : undefined;
  const none = (is: boolean, why: string): Unsettled | undefined =>
    is ? { state: 'none', why } : undefined;
  const down = open(!probes.running, 'not tried: the service is not running');
  const nobody = none(laptops.length === 0, 'no laptop has registered yet');
  const read = `${Math.floor((scrub.shard / 256) * 100)} % of the first pass`;
  const unread = open(scrub.lastPassFinished === null, `not everything has been read yet: ${read}`);
  const known: Partial<Record<ConcernType, Unsettled | undefined>> = {
    'port-closed': down,
    sandbox:
      down ??
      open(probes.sessionTried === 'no', 'not tried: sshd is not there yet') ??
      open(
        probes.sessionTried === 'empty',
        'its sandbox begins; its folders were not tried: no laptop has registered yet',
      ),
    offsite: none(offsite === 'none', 'no copy elsewhere is set up: "offsite.repository" is empty'),
    'reserve-gone': open(!cleanedUp, 'the first daily cleanup makes it'),
    'over-quota': open(!cleanedUp, 'the first daily cleanup counts'),
    damage: unread,
    'scrub-behind': unread,
    'never-backed-up':
      nobody ??
      open(count('never') > 0, `registered within a day, and without one: ${count('never')}`),
    'late-laptops':
      nobody ??
      open(count('unsure') > 0, `last seen on an unknown date, by the clock: ${count('unsure')}`),
  };
  return Object.fromEntries(Object.entries(known).filter(([, one]) => one !== undefined));
}
