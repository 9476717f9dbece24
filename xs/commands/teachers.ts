/**
 * Who may sign in to the pages as a teacher.
 */
import { addTeacher, readTeachers, removeTeacher } from '../admin/teachers.ts';
import { answer, type Command, type CommandContext, usage } from './command.ts';

export const teacher: Command = {
  synopsis: 'teacher list | add NAME | remove NAME',
  summary: "teachers of the pages; add asks for a password, and is also how it's changed",
  asks: ([act, name]) => (act === 'add' && name !== undefined ? 'password: ' : undefined),
  run: async (context) => {
    const [act, name] = context.args;
    if (act === 'list') return list(context);
    if (name === undefined) throw usage('teacher list, teacher add NAME or teacher remove NAME');
    if (act === 'add') return add(context, name);
    if (act === 'remove') return remove(context, name);
    throw usage(`there is no "teacher ${act}"`);
  },
};

function list(context: CommandContext): void {
  const shown = readTeachers(context.library.paths).map(({ name, added }) => ({ name, added }));
  answer(context, { teachers: shown }, () =>
    shown.length === 0
      ? ['nobody can sign in: "xs-backup teacher add NAME"']
      : shown.map(({ name, added }) => `${name}  since ${added.slice(0, 10)}`),
  );
}

async function add(context: CommandContext, name: string): Promise<void> {
  const { paths, clock, audit } = context.library;
  const done = await addTeacher(paths, name, context.secret ?? '', clock.now());
  audit.decided(done === 'added' ? 'teacher-added' : 'teacher-changed', null, { name });
  answer(context, { teacher: name, done }, () => [
    done === 'added' ? `${name} can sign in` : `${name} has a new password`,
  ]);
}

function remove(context: CommandContext, name: string): void {
  removeTeacher(context.library.paths, name);
  context.library.audit.decided('teacher-removed', null, { name });
  answer(context, { removed: name }, () => [`${name} can no longer sign in`]);
}
