/** Directions and circles are noticed, and the table of rooms cannot contain a circle itself. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { circles, ROOMS, roomOf, wrongDirection } from './rooms.ts';

const test = suite('rooms');

for (const [program, rooms] of Object.entries(ROOMS)) {
  test(`${program}: each room imports only rooms that are listed before it`, () => {
    const names = Object.keys(rooms);
    for (const [index, name] of names.entries()) {
      const later = (rooms[name] ?? []).filter((other) => !names.slice(0, index).includes(other));
      assert.equal(later, [], name);
    }
  });
}

const PLACES: [path: string, room: string | undefined][] = [
  ['xs/library.ts', 'library'],
  ['xs/service/traffic.ts', 'service'],
  ['xs/pages/teacher/acts/acts.ts', 'pages/teacher/acts'],
  ['xs/pages/teacher/teacher-routes.ts', 'pages/teacher'],
  ['xs/pages/site.ts', 'pages'],
  ['xs/elsewhere.ts', undefined],
  ['xs/elsewhere/a.ts', undefined],
  ['agent/state.ts', '(root)'],
  ['agent/main.ts', 'main'],
  ['agent/elsewhere/a.ts', undefined],
  ['shared/ids.ts', '(root)'],
  ['bundle/build.ts', undefined],
];

for (const [path, room] of PLACES) {
  test(`${path} is in ${room ? `the room ${room}` : 'no room'}`, () => {
    assert.is(roomOf(path), room);
  });
}

const DIRECTIONS: [path: string, target: string, wrong: boolean][] = [
  ['xs/storage/index-db.ts', 'xs/admin/status.ts', true],
  ['xs/admin/status.ts', 'xs/storage/index-db.ts', false],
  ['xs/pins/pins.ts', 'xs/library.ts', true],
  ['xs/api/api.ts', 'xs/library.ts', false],
  ['xs/pages/site.tsx', 'xs/service.ts', true],
  ['agent/wire/ssh.ts', 'agent/identity/enrolment.ts', true],
  ['agent/wire/ssh.ts', 'agent/context.ts', false],
  ['agent/context.ts', 'agent/wire/ssh.ts', true],
  ['agent/cli/cli.ts', 'agent/service/agent.ts', true],
  ['agent/main.ts', 'agent/cli/cli.ts', false],
  ['activity/sugar/alert.ts', 'activity/views/ui.ts', true],
  ['shared/ids.ts', 'shared/system/db.ts', true],
  ['shared/protocol/messages.ts', 'shared/journal/sums.ts', false],
  ['shared/words/words.ts', 'shared/protocol/messages.ts', true],
];

for (const [path, target, wrong] of DIRECTIONS) {
  test(`${path} ${wrong ? 'must not' : 'may'} import ${target}`, () => {
    assert.is(wrongDirection(path, target) !== null, wrong);
  });
}

test('circles are found whatever their length, each once', () => {
  const imports = new Map([
    ['a', ['b', 'outside']],
    ['b', ['c']],
    ['c', ['a', 'd']],
    ['d', ['e']],
    ['e', []],
    ['f', ['g', 'a']],
    ['g', ['f']],
    ['self', ['self']],
  ]);
  assert.equal(circles(imports), [['a', 'b', 'c'], ['f', 'g'], ['self']]);
});

test('two ways to the same file are no circle', () => {
  const imports = new Map([
    ['a', ['b', 'c']],
    ['b', ['d']],
    ['c', ['d']],
    ['d', []],
  ]);
  assert.equal(circles(imports), []);
});

test.run();
