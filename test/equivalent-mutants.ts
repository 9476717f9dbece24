/**
 * Mutants that no test can tell from the code, because they make no difference: the change as
 * `npm run mutants` prints it → why. By the text of the change, not by its line, which moves.
 */

/** In any file. */
export const EQUIVALENT_EVERYWHERE: Readonly<Record<string, string>> = {
  'default: … → default:': 'all cases are named, as the compiler proves: nothing gets there',
};

/** By file. */
export const EQUIVALENT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'shared/ids.ts': {
    '/^datastore-(\\d{4})-(\\d\\d)-(\\d\\d)_(\\d\\d):(\\d\\d)(?:-([2-9]|[1-9]\\d{1,4}))?$/ → /datastore-(\\d{4})-(\\d\\d)-(\\d\\d)_(\\d\\d):(\\d\\d)(?:-([2-9]|[1-9]\\d{1,4}))?$/':
      'the comparison with the name of its date refuses what stands before',
    'SNAPSHOT.exec(name)?.map → SNAPSHOT.exec(name).map': 'the name has matched',
    '[] → ["Stryker was here"]': 'the name has matched',
  },
};
