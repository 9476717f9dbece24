import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { progressBar } from '../../../shared/words/progress-bar.ts';

const test = suite('a bar at a terminal');

function drawn() {
  const out: string[] = [];
  const clock = { ms: 0 };
  return {
    out,
    clock,
    bar: progressBar(
      (text) => out.push(text),
      () => clock.ms,
    ),
  };
}

test('draws itself over itself, ten times a second at most, and at once for a new phase', () => {
  const { out, clock, bar } = drawn();
  bar.show({ share: 0, text: 'sending', phase: 'a' });
  clock.ms = 50;
  bar.show({ share: 0.4, text: 'sending', phase: 'a' });
  bar.show({ share: 0.5, text: 'keeping', phase: 'b' });
  clock.ms = 149;
  bar.show({ share: 0.6, text: 'keeping', phase: 'b' });
  clock.ms = 150;
  bar.show({ share: 7, text: 'keeping', phase: 'b' });
  assert.equal(out, [
    `\r\u001b[K[${'-'.repeat(30)}] sending`,
    `\r\u001b[K[${'#'.repeat(15)}${'-'.repeat(15)}] keeping`,
    `\r\u001b[K[${'#'.repeat(30)}] keeping`,
  ]);
});

test('makes room for a line and is drawn again; a bar never drawn leaves nothing', () => {
  const { out, bar } = drawn();
  bar.clear();
  bar.close();
  assert.equal(out, []);
  bar.show({ share: 1, text: 'x', phase: '' });
  bar.clear();
  bar.show({ share: 1, text: 'x', phase: '' });
  bar.close();
  bar.close();
  assert.is(out.length, 4);
  assert.equal([out[1], out[3]], ['\r\u001b[K', '\n']);
});

test.run();
