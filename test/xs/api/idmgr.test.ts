import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { silentLog } from '../../../shared/log.ts';
import { answerRegistration } from '../../../xs/api/idmgr.ts';
import { ed25519, makeLibrary, openRegistrations as open } from '../library.ts';

const test = suite("the XML-RPC of Sugar's Register menu");

const serial = parseSerial('SHC00800000');

const call = (...values: string[]) =>
  `<?xml version='1.0'?><methodCall><methodName>register</methodName><params>${values
    .map((value) => `<param><value><string>${value}</string></value></param>`)
    .join('')}</params></methodCall>`;

const declared = (charset: string, nick: string, key: string) =>
  call('SHC00800000', nick, 'u', key).replace("'1.0'?", `'1.0' encoding="${charset}"?`);

test('XML-RPC: plain letters are the same in each charset that has them', async () => {
  for (const charset of ['utf8', 'US-ASCII', 'iso-8859-15']) {
    using library = makeLibrary();
    const registrations = open(library);
    const body = Buffer.from(declared(charset, 'Nina', ed25519(1).split(' ')[1] ?? ''));
    assert.match(
      await answerRegistration({ registrations, hostName: 'x', log: silentLog }, body),
      /OK/,
      charset,
    );
  }
});

test('XML-RPC: a good call is answered as Sugar expects, entities and all', async () => {
  using library = makeLibrary();
  const registrations = open(library);
  const bare = ed25519(1).split(' ')[1] ?? '';
  const body = Buffer.from(call('SHC00800000', 'J&amp;M &lt;3 ñ', 'u1', bare));
  const answer = await answerRegistration(
    { registrations, hostName: 'schoolserver', log: silentLog },
    body,
  );
  assert.match(answer, '<member><name>success</name><value><string>OK</string></value></member>');
  assert.match(answer, '<string>SHC00800000@schoolserver:backup</string>');
  assert.is(registrations.get(serial)?.nick, 'J&M <3 ñ');
});

const BAD_CALLS: [string, Buffer | string, RegExp][] = [
  ['no XML', 'hello', /fault|not XML/],
  [
    'not UTF-8',
    Buffer.concat([Buffer.from(call('SHC00800000', 'x', 'u', 'k')), Buffer.from([0xff])]),
    /not UTF-8/,
  ],
  ['another method', '<methodCall><methodName>rm</methodName></methodCall>', /only method/],
  ['too few parameters', call('SHC00800000', 'x'), /register takes/],
  ['too many parameters', call('a', 'b', 'c', 'd', 'e'), /register takes/],
  ['a malformed serial', call('../../etc', 'x', 'u', 'k'), /ERR.*not a serial number/s],
  ['no key', call('SHC00800000', 'x', 'u', 'k'), /ERR.*not a public SSH key/s],
  [
    'a document type',
    `<!DOCTYPE a [<!ENTITY b "c">]>${call('SHC00800000', '&b;', 'u', 'k')}`,
    /document type/,
  ],
  [
    'a number for a string',
    call('SHC00800000', 'x', 'u', 'k').replace(/string>k<\/string/, 'int>3</int'),
    /four strings/,
  ],
  ['UTF-16', Buffer.from(`\ufeff${call('SHC00800000', 'x', 'u', 'k')}`, 'utf16le'), /not UTF-8/],
  [
    'UTF-16 without a mark',
    Buffer.from(call('SHC00800000', 'x', 'u', 'k'), 'utf16le'),
    /not UTF-8/,
  ],
  [
    'UTF-16 big-endian',
    Buffer.from(call('SHC00800000', 'x', 'u', 'k'), 'utf16le').swap16(),
    /not UTF-8/,
  ],
  [
    'Latin-1 bytes declared as UTF-8',
    Buffer.from(declared('UTF-8', 'Ni\u00f1a', ed25519(1)), 'latin1'),
    /not UTF-8/,
  ],
  [
    'Latin-1 that is said to be so',
    Buffer.from(declared('ISO-8859-1', 'Ni\u00f1a', ed25519(1)), 'latin1'),
    /not UTF-8/,
  ],
  [
    'UTF-8 that is said to be Latin-1',
    declared('ISO-8859-1', 'Ni\u00f1a', ed25519(1)),
    /is declared as ISO-8859-1/,
  ],
  ['an unknown charset', declared('UTF-16', 'Nina', ed25519(1)), /is declared as UTF-16/],
  ['cut short', call('SHC00800000', 'x', 'u', 'k').slice(0, 90), /fault|not XML/],
];
for (const [what, body, expected] of BAD_CALLS) {
  test(`XML-RPC: ${what} gets a clear answer and changes nothing`, async () => {
    using library = makeLibrary();
    const registrations = open(library);
    const answer = await answerRegistration(
      { registrations, hostName: 'schoolserver', log: silentLog },
      Buffer.from(body),
    );
    assert.match(answer, expected);
    if (/>ERR</.test(answer)) {
      assert.match(answer, /<name>code<\/name><value><string>bad-i(d|nput)</);
    }
    assert.is(registrations.all().length, 0);
  });
}

test.run();
