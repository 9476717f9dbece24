import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CpuProfile, sumUp } from './shares.ts';

const test = suite('shares of a profile');

/** One path of frames per kind of work, as V8 names them; each frame's url after its name. */
const PATHS: readonly (readonly string[])[] = [
  ['(idle)'],
  ['(garbage collector)'],
  ['(program)'],
  ['evaluate node:internal/modules/esm/module_job', '(module) file:///dist/part-A.mjs'],
  ['rmSync node:fs', 'unlink'],
  ['scan file:///dist/part-A.mjs', 'lstatSync node:fs', 'lstat'],
  ['scan file:///dist/part-A.mjs', 'update'],
  ['scan file:///dist/part-A.mjs'],
  ['readFileAfterClose node:internal/fs/read/context', 'done file:///dist/part-A.mjs'],
];

/** A millisecond in each of the paths, one after the other. */
function profileOf(paths: readonly (readonly string[])[]): CpuProfile {
  const root = { id: 1, callFrame: { functionName: '(root)', url: '' }, children: [] as number[] };
  const nodes: CpuProfile['nodes'] = [root];
  const samples: number[] = [];
  for (const path of paths) {
    let parent: { children?: number[] } = root;
    for (const frame of path) {
      const [, name = '', url = ''] = /^(.*?) ?((?:node|file):\S+)?$/.exec(frame) ?? [];
      const callFrame = { functionName: name.replace('(module)', ''), url };
      const node = { id: nodes.length + 1, callFrame, children: [] };
      nodes.push(node);
      parent.children?.push(node.id);
      parent = node;
    }
    samples.push(nodes.length);
  }
  return { nodes, samples, timeDeltas: [0, ...samples.map(() => 1000)], startTime: 5000 };
}

test('every millisecond belongs to one kind of work', () => {
  const { kinds } = sumUp(profileOf(PATHS));
  assert.equal(kinds, {
    ...{ idle: 1, collecting: 1, loading: 1 },
    system: 2,
    engine: 2, // V8 itself, and what Node's own code does in memory
    computing: 2, // also when a callback of the file system is ours
  });
});

test('says in which phase the program waited', () => {
  const profile = profileOf([['(idle)'], ['(idle)'], ['scan file:///a.mjs'], ['(idle)']]);
  const marks = [
    { at: 6000, phase: 'asking' },
    { at: 7000, phase: 'sending' },
  ];
  const { idleIn } = sumUp(profile, marks);
  assert.equal(
    [...idleIn],
    [
      ['start', 1],
      ['asking', 1],
      ['sending', 1],
    ],
  );
});

test('names the functions with the most time of their own first', () => {
  const path = ['scan file:///dist/a.mjs', 'lstatSync node:fs', 'lstat'];
  const profile = profileOf([path, path, ['(garbage collector)'], ['(idle)']]);
  profile.samples[1] = profile.samples[0] ?? 0;
  assert.equal(sumUp(profile).functions, [
    ['lstat', 2],
    ['(garbage collector)', 1],
  ]);
});

test.run();
