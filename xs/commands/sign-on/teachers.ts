/**
 * `teacher`: who may sign in to the pages as a teacher. `sign-in-code`: once, as the child of a laptop.
 */
import { localDate } from '../../../shared/words/local-time.ts';
import { publicAddress } from '../../admin/probes.ts';
import {
  addTeacher,
  confirmTeacher,
  MIN_PASSWORD,
  ROLES,
  type Role,
  readOfCopy,
  readTeachers,
  removeTeacher,
  setRole,
  type Teacher,
} from '../../admin/teachers.ts';
import { inGroups } from '../../codes/code-text.ts';
import { CODE_LIFE_MS, endCodes, giveCode } from '../../codes/codes.ts';
import { httpsWayIn, type WayIn } from '../../https/way-in.ts';
import { laptopArgument, named } from '../arguments.ts';
import { answer, type Command, type CommandContext, usage } from '../command.ts';
import { columns } from '../lines.ts';

export const teacher: Command = {
  takes: ['list|add|role|remove|confirm', '[NAME]', '[keeper|teacher]'],
  summary:
    'who may sign in to the pages, and with what rights; add asks for a password, or changes it',
  asks: ([act, name]) =>
    act === 'add' && name !== undefined
      ? `password, at least ${MIN_PASSWORD} characters: `
      : undefined,
  run: async (context) => {
    const [act, name, word] = context.args;
    const role = ROLES.find((one) => one === word);
    if (word !== undefined && role === undefined) throw usage('a role is "keeper" or "teacher"');
    if (act === 'list' && name === undefined) return list(context);
    if (act === 'add' && name !== undefined) return add(context, name, role);
    if (act === 'role' && name !== undefined && role) return changeRole(context, name, role);
    if (act === 'remove' && name !== undefined && !role) return remove(context, name);
    if (act === 'confirm' && name !== undefined && !role) return confirm(context, name);
    throw usage(
      'the arguments are "list", "add NAME [ROLE]", "role NAME ROLE", "remove NAME" or "confirm NAME"',
    );
  },
};

const MAY: Readonly<Record<Role, string>> = {
  keeper: 'keeper of the server: may do everything on the pages',
  teacher: 'teacher: lets laptops in and looks into Journals; takes nothing away',
};

function list(context: CommandContext): void {
  const { paths } = context.library;
  const shown = (all: readonly Teacher[]) =>
    all.map(({ name, added, role }) => ({ name, added, role }));
  const teachers = shown(readTeachers(paths));
  const ofCopy = shown(readOfCopy(paths));
  const table = (all: typeof teachers) =>
    columns(all.map(({ name, added, role }) => [name, role, `since ${localDate(added)}`]));
  answer(context, { teachers, ofCopy }, () => [
    ...(teachers.length === 0
      ? ['nobody can sign in: "xs-backup teacher add NAME"']
      : table(teachers)),
    ...(ofCopy.length === 0
      ? []
      : ['from the copy elsewhere; "confirm" lets in, "remove" does not:', ...table(ofCopy)]),
  ]);
}

async function add(context: CommandContext, name: string, wanted: Role | undefined): Promise<void> {
  const { paths, clock, audit } = context.library;
  const password = context.secret ?? '';
  const { done, role } = await addTeacher(paths, name, password, clock.now(), wanted);
  endCodesOf(context, name);
  audit.decided(done === 'added' ? 'teacher-added' : 'teacher-changed', null, { name, role });
  const https = httpsWayIn(context.library);
  answer(context, { teacher: name, done, role, https }, () => [
    done === 'added' ? `${name} can sign in` : `${name} has a new password`,
    `  ${MAY[role]}`,
    ...(https === null ? [] : howTo(https)),
  ]);
}

function changeRole(context: CommandContext, name: string, role: Role): void {
  const { paths, audit } = context.library;
  setRole(paths, name, role);
  audit.decided('teacher-role', null, { name, role });
  const keepers = readTeachers(paths).filter((one) => one.role === 'keeper').length;
  answer(context, { teacher: name, role, keepers }, () => [
    `${name} is a ${MAY[role]}`,
    ...(keepers === 0
      ? ['nobody on the pages is a keeper now: what only one may do is done here']
      : []),
  ]);
}

function howTo({ address, fingerprint }: WayIn): string[] {
  const shown = fingerprint ?? 'see "xs-backup status" when the service has started';
  return [
    `at ${address}; the browser warns, because the server made its certificate itself.`,
    'Compare the fingerprint that it shows (SHA-256), and go on only if it is this one:',
    `  ${shown}`,
  ];
}

function remove(context: CommandContext, name: string): void {
  removeTeacher(context.library.paths, name);
  endCodesOf(context, name);
  context.library.audit.decided('teacher-removed', null, { name });
  answer(context, { removed: name }, () => [`${name} can no longer sign in`]);
}

/** Of an account that came back from the copy elsewhere. */
function confirm(context: CommandContext, name: string): void {
  const { paths, audit } = context.library;
  const role = confirmTeacher(paths, name);
  audit.decided('teacher-added', null, { name, role });
  answer(context, { teacher: name, role }, () => [
    `${name} can sign in again, with the password of before`,
    `  ${MAY[role]}`,
  ]);
}

/** What she handed out goes with her password: somebody else may have used it. */
function endCodesOf({ library }: CommandContext, name: string): void {
  endCodes(library.paths, ({ by }) => by === name.normalize('NFC'));
}

/** What a web server in front forwards to us. */
const JOURNALS = '/ds-restore';
const HOUR_MS = 3_600_000;

export const signInCode: Command = {
  takes: ['LAPTOP'],
  summary: 'a code with which the child of a laptop signs in on the pages, once and within a day',
  run: (context) => {
    const { library } = context;
    const serial = laptopArgument(context);
    const code = inGroups(giveCode(library, serial));
    const address = `${publicAddress(library.config)}${JOURNALS}`;
    const hours = CODE_LIFE_MS / HOUR_MS;
    answer(context, { serial, code, address, hours }, () => [
      `${named(library, serial)}: ${code}`,
      `good once within ${hours} hours, at ${address}; one given before is worth nothing now`,
    ]);
  },
};
