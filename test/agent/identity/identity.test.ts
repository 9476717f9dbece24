import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inventIdentity, keepIdentity, readIdentity } from '../../../agent/identity/identity.ts';
import { parseAnswer } from '../../../agent/identity/registration.ts';
import { parseVariantText } from '../../../agent/identity/sugar-settings.ts';
import { makeProfile } from '../journal/journal.ts';

const test = suite('who the laptop is, and how it registers');

test("an XO's own number counts before one made up by Sugar", () => {
  using profile = makeProfile();
  const { paths } = profile;
  const machine = join(paths.profile, 'ofw');
  assert.is(readIdentity(paths, [machine]), undefined);
  const made = inventIdentity();
  keepIdentity(paths, made);
  assert.equal(readIdentity(paths, [machine]), made);
  mkdirSync(join(machine, 'mfg-data'), { recursive: true });
  writeFileSync(join(machine, 'mfg-data', 'SN'), 'CSN74803BB1\0');
  writeFileSync(join(machine, 'mfg-data', 'U#'), 'ABC\n\0');
  assert.equal(readIdentity(paths, [machine]), { serial: 'CSN74803BB1', uuid: 'ABC' } as never);
  writeFileSync(join(machine, 'mfg-data', 'SN'), 'SHF00000000');
  assert.equal(readIdentity(paths, [machine]), made, "Sugar's stand-in is many laptops' number");
  writeFileSync(paths.serial, '../../etc');
  assert.throws(() => readIdentity(paths, []), /is not a serial number/);
});

test('a laptop whose own file is lost is the one that the school knows', () => {
  using profile = makeProfile();
  const { paths } = profile;
  const made = inventIdentity();
  keepIdentity(paths, made);
  writeFileSync(paths.enrolment, JSON.stringify({ serial: made.serial, state: 'accepted' }));
  rmSync(paths.serial);
  assert.equal(readIdentity(paths, []), made);
  writeFileSync(paths.enrolment, JSON.stringify({ serial: '../x' }));
  assert.is(readIdentity(paths, []), undefined);
});

const struct = (members: Record<string, string>) =>
  `<?xml version="1.0"?><methodResponse><params><param><value><struct>${Object.entries(members)
    .map(([k, v]) => `<member><name>${k}</name><value><string>${v}</string></value></member>`)
    .join('')}</struct></value></param></params></methodResponse>`;

const ANSWERS: [string, number, string, string][] = [
  ['yes', 200, struct({ success: 'OK', backupurl: 'x' }), 'OK'],
  ['no, with the reason', 200, struct({ success: 'ERR', error: 'closed' }), 'closed'],
  ['a web page', 200, '<html></html>', 'its answer is not a registration answer'],
  ['no XML', 200, 'hello <', 'its answer is not XML'],
  ['an error status', 500, '', 'HTTP status 500'],
  [
    'a document type',
    200,
    `<!DOCTYPE x []>${struct({ success: 'OK' })}`,
    'its answer has a document type',
  ],
];
for (const [name, status, body, expected] of ANSWERS) {
  test(`the answer to a registration: ${name}`, async () => {
    const answer = await parseAnswer(status, body);
    assert.is(answer.success ? 'OK' : answer.error, expected);
  });
}

test("gsettings' quotes are taken off", () => {
  assert.is(parseVariantText("'Ana'\n"), 'Ana');
  assert.is(parseVariantText('"Ana\'s"\n'), "Ana's");
  assert.is(parseVariantText("'a\\'b'"), "a'b");
  assert.is(parseVariantText('@as []'), '');
});

test.run();
