/**
 * How a code is written and typed: eight characters in two groups, of an alphabet without any two that look
 * alike in print or in handwriting. What looks like one of them is read as that one. Pure, but for chance.
 */
import { randomInt } from 'node:crypto';

/** Without 0 O Q (D), 1 I L, S (5), Z (2), B (8), G (6) and U (V). */
const ALPHABET = '23456789ACDEFHJKMNPRTVWXY';
const LENGTH = 8;
const GROUP = 4;
const LOOK_ALIKE: Readonly<Record<string, string>> = {
  ...{ '0': 'D', O: 'D', Q: 'D', S: '5', Z: '2', B: '8', G: '6', U: 'V' },
};
const ARABIC_ZERO = 0x660;

/** A new code, each of 25⁸ equally likely: 37 bits. */
export function newCode(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** As it is printed: `7K4M XD92`. */
export function inGroups(code: string): string {
  return `${code.slice(0, GROUP)} ${code.slice(GROUP)}`;
}

/**
 * What was typed, as a code: in any case, with spaces or hyphens, with Arabic digits. Undefined for what can be
 * none.
 */
export function readCode(typed: string): string | undefined {
  if (typed.length > 4 * LENGTH) return undefined;
  const plain = typed
    .normalize('NFKC')
    .replace(/[\u0660-\u0669]/g, (digit) => String((digit.codePointAt(0) ?? 0) - ARABIC_ZERO))
    .replace(/[\s\p{Pd}\p{Cf}]/gu, '')
    .toUpperCase();
  const code = [...plain].map((one) => LOOK_ALIKE[one] ?? one).join('');
  const isCode = code.length === LENGTH && [...code].every((one) => ALPHABET.includes(one));
  return isCode ? code : undefined;
}
