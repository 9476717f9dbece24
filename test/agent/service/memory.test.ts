import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { agentPaths } from '../../../agent/paths.ts';
import { newJob, type Request } from '../../../agent/rules/jobs.ts';
import { DayBook } from '../../../agent/service/day-book.ts';
import { realClock } from '../../../shared/clock.ts';
import { silentLog } from '../../../shared/log.ts';
import { makeProfile, type TestProfile } from '../journal/journal.ts';

const test = suite("the agent's memory");

const RESTORE: Request = { kind: 'restore', byHand: true, of: '', snapshot: '', entry: '' };

const open = ({ paths }: TestProfile) => new DayBook(paths, realClock, silentLog);

test('is not written by looking at it (no wear where nothing happens)', () => {
  using profile = makeProfile();
  const book = open(profile);
  book.judge();
  book.noteJobs([]);
  book.hear(Date.now());
  assert.not.ok(existsSync(profile.paths.memory));
});

test('knows after a restart of the program what was done, asked for, and noted', () => {
  using profile = makeProfile();
  writeFileSync(profile.paths.done, '');
  const book = open(profile);
  book.hear(Date.now());
  book.noteBackup('');
  book.noteJobs([newJob(1, RESTORE), newJob(2, { ...RESTORE, kind: 'backup', byHand: false })]);
  book.notePin({ uid: 'a', snapshot: '' });
  book.notePin({ uid: 'a', snapshot: null });
  book.notePause(true);
  const again = open(profile);
  assert.is(again.judge().due, false);
  const { requests, pinNotes, paused } = again.memory;
  assert.equal(requests, [RESTORE], "the day's backup comes back by itself when it is due");
  assert.equal(pinNotes, [{ uid: 'a', snapshot: null }]);
  assert.ok(paused);
  assert.is(statSync(profile.paths.memory).mode & 0o777, 0o600);
});

test('has nothing to do in an account in which Sugar never ran', () => {
  using profile = makeProfile();
  const paths = agentPaths(join(profile.paths.profile, 'absent'));
  const book = new DayBook(paths, realClock, silentLog);
  assert.equal([book.judge().due, book.judge().reason], [false, 'no-profile']);
  book.notePause(true); // is only remembered
  assert.not.ok(existsSync(paths.profile));
});

test('has nothing to do in a profile without a Journal, unless there once was one', () => {
  using profile = makeProfile();
  const { paths } = profile;
  assert.is(open(profile).judge().due, true);
  rmSync(paths.journal, { recursive: true });
  assert.equal([open(profile).judge().due, open(profile).judge().reason], [false, 'no-profile']);
  mkdirSync(paths.journal);
  open(profile).noteBackup('');
  rmSync(paths.journal, { recursive: true });
  assert.is.not(open(profile).judge().reason, 'no-profile', 'it is missed');
});

test('is written in a profile that has nothing of ours yet', () => {
  using profile = makeProfile();
  rmSync(profile.paths.own, { recursive: true });
  open(profile).notePause(true);
  assert.ok(open(profile).memory.paused);
});

test('keeps an appointment over a restart of the program, and not over one of the laptop', () => {
  using profile = makeProfile();
  const book = open(profile);
  const wait = { reason: 'queue' as const, untilMs: book.now().uptimeMs + 60_000, place: 4 };
  book.noteJobs([{ ...newJob(1, { ...RESTORE, kind: 'backup' }), wait }]);
  assert.equal(open(profile).appointment(), wait);
  const text = readFileSync(profile.paths.memory, 'utf8');
  writeFileSync(profile.paths.memory, text.replace(/"boot": "[^"]*"/, '"boot": "another"'));
  assert.is(open(profile).appointment(), null);
});

test('counts the starts of the laptop since the last backup', () => {
  using profile = makeProfile();
  open(profile).noteBackup('');
  for (let boots = 1; boots < 4; boots += 1) {
    const text = readFileSync(profile.paths.memory, 'utf8');
    writeFileSync(profile.paths.memory, text.replaceAll(/"boot": "[^"]*"/g, `"boot": "${boots}"`));
    assert.is(open(profile).memory.done?.boots, boots);
  }
});

for (const junk of ['', 'x', '{}', '{"version": 2}', '[1]', '{"version":1,"done":3}']) {
  test(`is given up where it cannot be read: ${junk || 'empty'}`, () => {
    using profile = makeProfile();
    writeFileSync(profile.paths.memory, junk);
    assert.is(open(profile).memory.done, null);
  });
}

test('pins that were sent are forgotten, those noted meanwhile are not', () => {
  using profile = makeProfile();
  const book = open(profile);
  book.notePin({ uid: 'a', snapshot: '' });
  const sent = book.memory.pinNotes;
  book.notePin({ uid: 'b', snapshot: '' });
  book.notePin({ uid: 'a', snapshot: null });
  book.forgetPins(sent);
  assert.equal(book.memory.pinNotes, [
    { uid: 'b', snapshot: '' },
    { uid: 'a', snapshot: null },
  ]);
});

test.run();
