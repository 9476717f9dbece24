import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Meter, type Progress, parseProgress2 } from '../../agent/progress.ts';

const test = suite('progress of a run');

test("rsync's progress lines are read, and nothing else is", () => {
  assert.equal(parseProgress2('        32768  12%    0.00kB/s    0:00:00 (xfr#1, to-chk=3/5)'), {
    bytes: 32_768,
    percent: 12,
  });
  assert.equal(parseProgress2('  1,234,567 100%   10.00MB/s    0:00:01'), {
    bytes: 1_234_567,
    percent: 100,
  });
  assert.is(parseProgress2('Total bytes sent: 100'), undefined);
});

test('progress never goes back and never beyond the whole', () => {
  const seen: Progress[] = [];
  const meter = new Meter((progress) => seen.push(progress));
  meter.expect(3, 100);
  const first = meter.batch();
  const second = meter.batch();
  for (const bytes of [10, 50, 30, 60]) first.bytes(bytes);
  second.bytes(15);
  first.done(2, 80);
  second.bytes(90);
  second.done(2, 100);
  meter.expect(1, 10);
  meter.finish();
  let last = { bytesDone: 0, entriesDone: 0 };
  for (const step of seen) {
    assert.ok(step.bytesDone >= last.bytesDone && step.entriesDone >= last.entriesDone);
    assert.ok(step.bytesDone <= step.bytesTotal && step.entriesDone <= step.entriesTotal);
    last = step;
  }
  assert.equal([last.bytesDone, last.entriesDone], [100, 3]);
});

test('entries count while their batch is on its way, each once', () => {
  const seen: Progress[] = [];
  const meter = new Meter((progress) => seen.push(progress));
  meter.expect(40, 1000);
  const batch = meter.batch();
  batch.bytes(250, 10);
  batch.bytes(200, 8);
  batch.bytes(500, 20);
  batch.done(40, 1000);
  assert.equal(
    seen.slice(1).map(({ entriesDone, bytesDone }) => [entriesDone, bytesDone]),
    [
      [10, 250],
      [10, 250],
      [20, 500],
      [40, 1000],
    ],
  );
});

test.run();
