/** Which acts there are on the teachers' pages, and what a form must have to be one. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ACT_NAMES, commandsOf, fieldsOf, readAct } from '../../../xs/pages/teacher/acts/acts.ts';
import { refused } from '../../shared/refused.ts';
import { serialOf } from '../whole.ts';

const test = suite('acts of teachers');

test('six digits may be typed with spaces and in Arabic digits; fewer are none', () => {
  const typed = (code: string) => {
    return readAct({ act: 'approve', serial: serialOf(1), code }).fields.code;
  };
  assert.is(typed('047 111'), '047111');
  assert.is(typed(' ٠٤٧١١١ '), '047111');
  for (const bad of ['', '0471', '0471110', 'x'.repeat(30)]) {
    refused(() => typed(bad), 'bad-input', /"code"/);
  }
});

const GOOD: Record<string, string> = {
  ...{
    serial: serialOf(1),
    of: serialOf(2),
    code: '047111',
    ...{ group: 'entries-lost', sum: 'ab'.repeat(16), from: '1780000000000' },
    to: '1780000000001',
    key: `SHA256:${'a'.repeat(43)}`,
  },
  ...{ snapshot: 'datastore-2026-03-02_08:00', pin: '0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9' },
  ...{ item: 'datastore-2026-03-02_08:00', minutes: '15' },
  offer: 'ab'.repeat(16),
  ...{ wwwroot: 'http://box.lan/moodle', client: 'aB3dE6gH9jK2mN5', deployment: '3' },
};

test('a form is an act with fields of the right kind, or it is nothing', () => {
  for (const name of ACT_NAMES) {
    const sent = { ...GOOD, act: name, 'dry-run': 'true', all: '1' };
    const commands = commandsOf(readAct(sent), [serialOf(1), serialOf(2)]);
    const names = {
      ...{ replace: 'alias,retire', 'undo-replace': 'unalias,unretire' },
      ...{ 'release-many': 'release,release', 'drop-many': 'drop,drop' },
      ...{ 'hold-again': 'release', 'hold-again-many': 'release,release' },
      'reject-many': 'reject,reject',
      ...{ separate: 'twins', unite: 'twins', welcome: 'arrivals', decline: 'arrivals' },
      'move-back': 'arrivals',
      ...{ 'moodle-add': 'moodle', 'moodle-forget': 'moodle', 'moodle-end': 'moodle' },
    };
    assert.is(
      commands.map(({ command }) => command).join(),
      name.startsWith('class-') ? 'class-page' : (names[name as keyof typeof names] ?? name),
    );
    for (const { args, flags } of commands) {
      assert.ok(args.every((one) => one !== ''));
      assert.not('dry-run' in flags);
    }
    for (const field of fieldsOf(name)) {
      for (const bad of [undefined, '', '../x', '--all', 'x\ny', ['a'], `${GOOD[field]} x`]) {
        assert.throws(
          () => readAct({ ...sent, [field]: bad }),
          /missing or wrong/,
          `${name} ${field}`,
        );
      }
    }
  }
  for (const act of ['teacher', 'rebuild', 'toString', '__proto__', '', undefined, ['retire']]) {
    assert.throws(() => readAct({ ...GOOD, act }), /no such act/);
  }
});

test.run();
