/** What a laptop and a school server have to load at every start: no larger than it has to be. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build, bundledInputs, distFolder } from '../bundle/build.ts';

const test = suite('the programs');

/** A tenth more than each had at 16864d1, which could do less; in bytes. */
const LARGEST = { 'ds-backup.cjs': 944_000, 'xs-backup.mjs': 2_148_000 };
/** Packages that other packages ask for, and nothing of ours runs. */
const UNUSED = [
  'http2-wrapper',
  'cacheable-request',
  'xml2js',
  'xmlbuilder',
  'ajv',
  'fast-uri',
  'light-my-request',
];

test.before(async () => {
  await build();
});

for (const [program, most] of Object.entries(LARGEST)) {
  test(`${program} has at most ${most} bytes`, () => {
    const { size } = statSync(join(distFolder, program));
    assert.ok(size <= most, `${size} bytes`);
  });
}

test('what nothing of ours runs is in no program', () => {
  const inside = (['ds-backup', 'xs-backup'] as const)
    .flatMap(bundledInputs)
    .map((path) => /node_modules\/([^/]+)/.exec(path)?.[1]);
  assert.equal(
    UNUSED.filter((name) => inside.includes(name)),
    [],
  );
});

test.run();
