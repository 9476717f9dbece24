/**
 * Groups of settings with rules of their own: who may register, and the copy elsewhere.
 */
import * as v from 'valibot';
import { path, whole } from './setting-values.ts';

/** `[registration]`; the older `open` becomes a policy. */
export const registration = v.pipe(
  v.strictObject({
    policy: v.optional(
      v.pipe(
        v.picklist(['open', 'window', 'closed']),
        v.description(
          'When unknown laptops may register: open (always, the default), window (while a teacher opens one), or closed.',
        ),
      ),
    ),
    open: v.optional(
      v.pipe(
        v.boolean(),
        v.description('The older form of registration.policy: true is open, false is closed.'),
      ),
    ),
    perHour: v.optional(
      v.pipe(whole(1, 100_000), v.description('New laptops per hour, in total.')),
      300,
    ),
    perAddress: v.optional(
      v.pipe(whole(1, 100_000), v.description('New laptops per hour from one address.')),
      30,
    ),
    maxLaptops: v.optional(
      v.pipe(whole(1, 1_000_000), v.description('Most registrations without any backup.')),
      2000,
    ),
  }),
  v.check(
    ({ policy, open }) => policy === undefined || open === undefined,
    'give "registration.policy" or the older "registration.open", not both',
  ),
  v.transform(({ policy, open, ...limits }) => ({
    policy: policy ?? (open === false ? 'closed' : 'open'),
    ...limits,
  })),
);

/** `[moodle]`. */
export const moodle = v.strictObject({
  enabled: v.optional(
    v.pipe(
      v.boolean(),
      v.description(
        'Whether a Moodle that was added ("xs-backup moodle add") may sign on children who have shown once that an account there is theirs.',
      ),
    ),
    false,
  ),
});

/** `[offsite]`. */
export const offsite = v.strictObject({
  repository: v.optional(
    v.pipe(
      v.pipe(v.string(), v.regex(/^[^\0\n]{0,1000}$/)),
      v.description(
        'A restic repository for a second copy elsewhere: a folder, sftp:…, rest:… or s3:…; empty for none.',
      ),
    ),
    '',
  ),
  passwordFile: v.optional(
    v.pipe(
      path,
      v.description(
        "The repository's password; offsite-password in the state folder by default. Keep a copy of it elsewhere.",
      ),
    ),
  ),
  environmentFile: v.optional(
    v.pipe(
      path,
      v.description('Lines NAME=value that the repository needs, as for object storage.'),
    ),
  ),
  sftpCommand: v.optional(
    v.pipe(
      v.pipe(v.string(), v.regex(/^[^\0\n]{0,1000}$/)),
      v.description('How to reach an sftp: repository: a command like "ssh backup@host -s sftp".'),
    ),
    '',
  ),
  uploadKiB: v.optional(
    v.pipe(
      whole(0, 10_000_000),
      v.description('The most to send in a second, in KiB; 0 means no limit.'),
    ),
    0,
  ),
  hours: v.optional(
    v.pipe(
      v.pipe(v.string(), v.regex(/^((?:[01]?\d|2[0-3])-(?:[01]?\d|2[0-3]))?$/)),
      v.description(
        'Between which hours of the day to copy by itself, by the clock of the server: "20-6"; empty for any.',
      ),
    ),
    '',
  ),
});
