/**
 * `moodle`: which Moodles sign children on, what to fill in there, and which account opens a child's Journal.
 */

import { createHash } from 'node:crypto';
import { localDate } from '../../../shared/words/local-time.ts';
import { fetchKeys } from '../../moodle/fetch-keys.ts';
import { type Platform, readKeys, readPlatform } from '../../moodle/platform.ts';
import { toolFields } from '../../moodle/tool-fields.ts';
import { laptopArgument, named } from '../arguments.ts';
import { answer, type Command, type CommandContext, usage } from '../command.ts';
import { columns, counted } from '../lines.ts';

export const moodle: Command = {
  takes: ['list|add|forget|end', '[WWWROOT|LAPTOP]', '[CLIENT]', '[DEPLOYMENT]'],
  flags: ['auth', 'jwks'],
  summary: 'let a Moodle sign children on: what to fill in there; add, forget; end an account',
  run: async (context) => {
    const [act, ...rest] = context.args;
    const { auth, jwks } = context.flags;
    if (act !== 'add' && (auth ?? jwks) !== undefined)
      throw usage('--auth and --jwks are for "add"');
    if (act === 'list' && rest.length === 0) return list(context);
    if (act === 'add' && rest.length === 3) return add(context, rest);
    if (act === 'forget' && rest.length === 1) return forget(context, rest[0] ?? '');
    if (act === 'end' && rest.length === 1) return end(context);
    throw usage(
      'the arguments are "list", "add WWWROOT CLIENT DEPLOYMENT", "forget WWWROOT" or "end LAPTOP"',
    );
  },
};

/** SHA-256 of its first key, to compare two looks at one Moodle. */
function fingerprintOf({ keys: [key] }: Pick<Platform, 'keys'>): string {
  return createHash('sha256').update(`${key?.n} ${key?.e}`).digest('base64url');
}

function list(context: CommandContext): void {
  const { moodle: records } = context.library;
  const shown = records.platforms().map((one) => ({
    ...{ wwwroot: one.issuer, client: one.client, deployment: one.deployment, auth: one.auth },
    ...{ added: one.added, fingerprint: fingerprintOf(one) },
    accounts: records.bindings().filter(({ platform }) => platform === one.id).length,
  }));
  const fields = fieldsOf(context);
  answer(context, { moodles: shown, enabled: isOn(context), fields }, () => [
    ...(shown.length === 0
      ? ['no Moodle signs children on']
      : shown.flatMap(({ wwwroot, client, deployment, added, fingerprint, accounts }) => [
          `${wwwroot}  client ${client}  deployment ${deployment}`,
          `  since ${localDate(added)}, key ${fingerprint}, ${counted(accounts, 'account')}`,
        ])),
    ...howToFill(context),
  ]);
}

async function add(context: CommandContext, words: readonly string[]): Promise<void> {
  const { library, flags } = context;
  const { jwks, ...given } = readPlatform(words, flags);
  const keys = readKeys(await fetchKeys(jwks));
  const { platform, dropped } = library.moodle.add({ ...given, keys });
  library.faults.clear('moodle');
  library.audit.decided('moodle-added', null, { name: platform.issuer });
  const fingerprint = fingerprintOf(platform);
  answer(
    context,
    { added: platform.issuer, fingerprint, dropped, fields: fieldsOf(context) },
    () => [
      `${platform.issuer} signs children on from now on, with the key ${fingerprint}`,
      ...(dropped > 0
        ? [`it was added anew: ${counted(dropped, 'account')} must be shown again`]
        : []),
      ...howToFill(context),
    ],
  );
}

function forget(context: CommandContext, wwwroot: string): void {
  const { moodle: records, audit } = context.library;
  const issuer = wwwroot.trim().replace(/\/+$/, '');
  const dropped = records.forget(issuer);
  audit.decided('moodle-forgotten', null, { name: issuer });
  answer(context, { forgotten: issuer, dropped }, () => [
    `${issuer} signs nobody on any more; ${counted(dropped, 'account')} ended`,
  ]);
}

function end(context: CommandContext): void {
  const { library } = context;
  const serial = laptopArgument(context, 1);
  const ended = library.moodle.end((one) => one.serial === serial);
  for (const { name, sub } of ended) {
    library.audit.decided('moodle-ended', serial, { account: name ?? sub });
  }
  answer(context, { serial, ended: ended.length }, () => [
    ended.length === 0
      ? `${named(library, serial)}: no account of a Moodle opens this Journal`
      : `${named(library, serial)}: ${counted(ended.length, 'account')} ended`,
  ]);
}

const isOn = ({ library }: CommandContext): boolean => library.config.moodle.enabled;

function fieldsOf({ library }: CommandContext) {
  return toolFields(library.config, library.listening.http?.port);
}

function howToFill(context: CommandContext): string[] {
  return [
    '',
    'In Moodle: Site administration, Plugins, External tool, Manage tools, "configure a tool manually".',
    ...columns(fieldsOf(context).map(({ label, value }) => [`  ${label}`, value])),
    'Save; the list icon of the new tool shows its "Client ID" and "Deployment ID", which "add" needs.',
    ...(isOn(context)
      ? []
      : [
          '',
          'It is switched off here: set "enabled = true" in [moodle] of config.toml, and restart.',
        ]),
  ];
}
