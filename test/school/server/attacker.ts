/**
 * An attacker on the school's Wi-Fi, as a program of its own: floods everything that asks no key, and grinds for
 * a key whose digits are those that he has seen on the child's screen.
 *
 *     node --import tsx test/school/server/attacker.ts URL SERIAL DIGITS SEED
 *
 * Goes on until SIGTERM, and then says what he did, as one line of JSON.
 */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import {
  codesOf,
  commitmentTo,
  type Secret,
  signTranscript,
  transcriptOf,
} from '../../../shared/protocol/introduction.ts';
import { parseOffer } from '../../../shared/protocol/messages.ts';
import { makeKeyPair } from '../../shared/keys.ts';
import { dsaKey, serialOf } from '../../xs/whole.ts';

const [url = '', victim = '', digits = '', seed = '0'] = process.argv.slice(2);
/** Addresses of this machine that he comes from. */
const ADDRESSES = 1000;
const AT_ONCE = 12;
/** How long he computes between two floods, in milliseconds. */
const GRIND_MS = 50;

const did = { requests: 0, commits: 0, refused: 0, pending: 0, accepted: 0, same: 0, ground: 0 };
let goesOn = true;
process.on('SIGTERM', () => {
  goesOn = false;
});

let turn = Number(seed) * 500;

/** Status and text of the answer; 0 where the server hung up. */
function send(path: string, body: object | string): Promise<[number, string]> {
  did.requests += 1;
  const place = turn++ % ADDRESSES;
  const localAddress = `127.0.${1 + Math.floor(place / 250)}.${1 + (place % 250)}`;
  const type = typeof body === 'string' ? 'text/xml' : 'application/json';
  const headers = { 'content-type': type };
  return new Promise((resolve) => {
    const sent = request(`${url}${path}`, { method: 'POST', localAddress, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => resolve([answer.statusCode ?? 0, Buffer.concat(parts).toString()]));
      answer.on('error', () => resolve([0, '']));
    });
    sent.on('error', () => resolve([0, '']));
    sent.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** A key of his for the child's serial; he gives up unseen where the digits do not fit, every other time. */
async function introduce(): Promise<void> {
  const pair = makeKeyPair();
  const nonce = randomBytes(32).toString('hex');
  const secret: Secret = {
    serial: victim as Secret['serial'],
    uuid: 'uuid',
    nonce,
    key: pair.line,
  };
  const { serial, uuid } = secret;
  const commitment = commitmentTo(secret);
  const [status, text] = await send('/backup/1/introduce/commit', { serial, uuid, commitment });
  if (status !== 200) {
    did.refused += 1;
    return;
  }
  did.commits += 1;
  const offer = parseOffer(text);
  const fits = codesOf(transcriptOf(secret, offer)).code === digits;
  if (fits) did.same += 1;
  if (!fits && did.commits % 2 === 0) return;
  const signature = signTranscript(transcriptOf(secret, offer), pair.file);
  const { exchange } = offer;
  const reveal = { exchange, nonce, key: pair.line, signature };
  const [told, answer] = await send('/backup/1/introduce/reveal', reveal);
  if (told === 200 && answer.includes('accepted')) did.accepted += 1;
  else if (told === 200) did.pending += 1;
  else did.refused += 1;
}

function register(serial: string, n: number): Promise<[number, string]> {
  const key = dsaKey(n);
  const value = (text: string) => `<param><value><string>${text}</string></value></param>`;
  const values = [serial, 'nick', 'uuid', key].map(value).join('');
  return send(
    '/',
    `<methodCall><methodName>register</methodName><params>${values}</params></methodCall>`,
  );
}

const KINDS: (() => Promise<unknown>)[] = [
  introduce,
  introduce,
  () => register(victim, 3 + (turn % 200)),
  () => register(serialOf(turn % 5000), 3 + (turn % 200)),
  () => send('/backup/1/introduce/standing', { serial: victim, key: makeKeyPair().line }),
  () =>
    send('/backup/1/introduce/commit', {
      serial: victim,
      uuid: 'uuid',
      commitment: 'f'.repeat(64),
    }),
  () => send('/backup/1/introduce/reveal', { exchange: 'e'.repeat(32), nonce: 'f'.repeat(64) }),
  () => send('/backup/1/enrol', { serial: victim, uuid: 'uuid', key: makeKeyPair().line }),
];

const HIS = makeKeyPair().line;

/** Without a commitment of the server's, he can compute as much as he likes. */
function grind(): void {
  const end = performance.now() + GRIND_MS;
  const made = { nonce: 'f'.repeat(64), hostKey: HIS, exchange: 'e'.repeat(32) };
  const offer = { ...made, sshPort: 22, login: 'ds-receive' };
  const serial = victim as Secret['serial'];
  while (performance.now() < end) {
    const nonce = randomBytes(32).toString('hex');
    codesOf(transcriptOf({ serial, uuid: 'uuid', nonce, key: HIS }, offer));
    did.ground += 1;
  }
}

console.log('begun');
while (goesOn) {
  const flood = Array.from({ length: AT_ONCE }, (_, n) => KINDS[(turn + n) % KINDS.length]?.());
  grind();
  await Promise.all(flood);
}
console.log(JSON.stringify(did));
