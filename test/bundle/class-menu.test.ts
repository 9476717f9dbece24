/**
 * What Sugar's Journal makes of the file with the agent's words: "My class" with all of them, or nothing. The real
 * module, in Sugar's own Python; test/desktop has the menu on the screen.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../shared/folder.ts';
import { root } from '../tree.ts';

const test = suite('the words of "My class"');
const folder = temporaryFolder(test);

const WHOLE = { item: ['My class'], busy: ['a', 'b'], silent: ['c', 'd'] };
/** What no agent has written, or only a half of. */
const WRONG: readonly string[] = [
  ...['', '{', 'null', '[]', '"x"', '7', '{}', '{"item":["My class"]}', '{"item":[]}'],
  ...[
    { ...WHOLE, item: [] },
    { ...WHOLE, busy: ['a'] },
    { ...WHOLE, busy: ['a', 'b', 'c'] },
    { ...WHOLE, silent: [] },
    { ...WHOLE, item: 'My class' },
    { ...WHOLE, busy: 'ab' },
    { ...WHOLE, silent: { c: 1, d: 2 } },
    { ...WHOLE, item: [7] },
    { ...WHOLE, busy: ['a', null] },
    { ...WHOLE, silent: ['c', ['d']] },
    { ...WHOLE, item: null },
  ].map((words) => JSON.stringify(words)),
];

/** Reads each text as the file of the agent, with the functions of account.py; its other imports want a screen. */
const SCRIPT = `
import ast, json, os, sys
folder, path = sys.argv[1:3]
class env:
    get_profile_path = staticmethod(lambda name: os.path.join(folder, os.path.basename(name)))
tree = ast.parse(open(path, encoding='utf-8').read())
tree.body = [one for one in tree.body if isinstance(one, (ast.FunctionDef, ast.Assign))]
there = {'json': json, 'env': env}
exec(compile(tree, path, 'exec'), there)
read = []
for text in json.load(sys.stdin):
    with open(os.path.join(folder, 'class-menu'), 'w', encoding='utf-8') as file:
        file.write(text)
    try:
        read.append(there['read_words']())
    except Exception as error:
        read.append(repr(error))
print(json.dumps(read))
`;

function read(texts: readonly string[]): unknown[] {
  const module = join(root, 'bundle/laptop/class-menu/account.py');
  const args = ['-c', SCRIPT, folder, module];
  const done = spawnSync('python3', args, { input: JSON.stringify(texts), encoding: 'utf8' });
  assert.is(done.stderr, '');
  return JSON.parse(done.stdout);
}

test('are taken as they are written', () => {
  const more = { ...WHOLE, later: ['words', 'of', 'another', 'version'] };
  assert.equal(read([WHOLE, more].map((words) => JSON.stringify(words))), [WHOLE, more]);
});

test('are none where one is missing or is no text', () => {
  const taken = read(WRONG).flatMap((words, index) =>
    words === null ? [] : [`${WRONG[index]} → ${JSON.stringify(words)}`],
  );
  assert.equal(taken, []);
});

test.run();
