import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canMount, makeMountPoint, removeMountPoint } from '../../../agent/volume/mount.ts';

const test = suite('the folder in which a day is mounted');

let home: string;
let note: string;

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'ds-home-'));
  note = join(home, '.note');
});

test.after.each(() => rmSync(home, { recursive: true, force: true }));

test('it is a new one, noted before it is made, and goes again', () => {
  const folder = makeMountPoint(home, 'School', note);
  assert.is(folder, join(home, 'School'));
  assert.is(readFileSync(note, 'utf8'), folder);
  removeMountPoint(note);
  assert.not.ok(existsSync(folder));
  assert.not.ok(existsSync(note));
  removeMountPoint(note);
});

test("the child's own folder of that name stays as it is", () => {
  mkdirSync(join(home, 'School'));
  const folder = makeMountPoint(home, 'School', note);
  assert.is(folder, join(home, 'School 2'));
  removeMountPoint(note);
  assert.ok(existsSync(join(home, 'School')));
});

test('one that an earlier day left is taken again', () => {
  const folder = makeMountPoint(home, 'School', note);
  assert.is(makeMountPoint(home, 'School', note), folder);
  removeMountPoint(note);
  assert.not.ok(existsSync(folder));
});

test('through a link it is the folder that the kernel knows', () => {
  const link = join(home, 'link');
  mkdirSync(join(home, 'child'));
  symlinkSync(join(home, 'child'), link);
  assert.is(makeMountPoint(link, 'School', note), join(realpathSync(home), 'child', 'School'));
});

test('without a home it is made nowhere', () => {
  for (const none of ['', join(home, 'nowhere')]) {
    assert.throws(() => makeMountPoint(none, 'School', note), /home folder .* does not exist/);
  }
  assert.not.ok(existsSync(note));
});

test('what is in it by now is never removed', () => {
  const folder = makeMountPoint(home, 'School', note);
  writeFileSync(join(folder, 'poem'), 'a poem');
  removeMountPoint(note);
  assert.ok(existsSync(join(folder, 'poem')));
});

test('without sshfs nothing is offered', () => {
  assert.not.ok(canMount({ PATH: home }));
  assert.not.ok(canMount({}));
});

test.run();
