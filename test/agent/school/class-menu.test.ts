/** The small file that puts "My class" into the Journal's "Copy to": there while the school says so, in her language. */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { noteClassMenu } from '../../../agent/school/class-menu.ts';
import { makeProfile } from '../journal/journal.ts';

const test = suite('the words of "My class"');

test('it is there while the school says so, written when it changes, and gone without a trace', () => {
  using profile = makeProfile();
  const { paths } = profile;
  const context = { paths, env: {}, warn: (text: string) => assert.unreachable(text) };
  noteClassMenu(context, false);
  assert.not(existsSync(paths.classMenu));
  noteClassMenu(context, true);
  const words = JSON.parse(readFileSync(paths.classMenu, 'utf8'));
  assert.equal(words.item, ['My class']);
  // What the extension shows: a title and a sentence each.
  for (const name of ['busy', 'silent']) {
    assert.is(words[name].length, 2, name);
    assert.ok(words[name].every((text: string) => text !== ''));
  }
  const { ino } = statSync(paths.classMenu);
  noteClassMenu(context, true);
  assert.is(statSync(paths.classMenu).ino, ino, 'flash is not written to every day');
  noteClassMenu(context, false);
  assert.not(existsSync(paths.classMenu));
});

test('a damaged one is made anew, and a disk that refuses is told of, not fatal', () => {
  using profile = makeProfile();
  const { paths } = profile;
  const told: string[] = [];
  const context = { paths, env: {}, warn: (text: string) => told.push(text) };
  mkdirSync(paths.classMenu, { recursive: true });
  noteClassMenu(context, true);
  assert.is(told.length, 1, 'a folder in its place');
  noteClassMenu({ ...context, paths: { ...paths, isReadOnly: true } }, true);
  assert.is(told.length, 1, 'on a read-only disk nothing is tried');
});

test.run();
