import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NEWS } from '../../../activity/model/screens/frame/news.ts';

const test = suite('the messages of an alert');

for (const [news, [icon, text]] of Object.entries(NEWS)) {
  test(`${news} has words, and a sign that says whether it went well`, () => {
    assert.ok(['dialog-ok', 'emblem-busy', 'emblem-warning'].includes(icon), icon);
    assert.match(text, /^[A-Z].*\w\.?\??$/);
  });
}

test.run();
