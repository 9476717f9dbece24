/**
 * Names of files that every system can unpack beside each other: no two that differ only in case or in the
 * way an accent is written, none that Windows keeps for devices, none too long. Pure.
 */
import mime from 'mime';

const UNKNOWN_TYPE = 'application/octet-stream';
const MAX_NAME = 80;
/** So much of a title is looked at, in UTF-16 units: the time for each would grow with its square. */
const MAX_TITLE = 1000;
/** Media types of Sugar that the `mime` package does not know. */
const SUGAR: Readonly<Record<string, string>> = {
  'application/vnd.olpc-sugar': 'xo',
  'application/vnd.olpc-journal-entry': 'xoj',
  'application/x-turtle-art': 'ta',
  'application/x-logo': 'lg',
  'application/vnd.olpc-etoys-project': 'pr',
  'application/x-squeak-project': 'pr',
  'application/x-scratch-project': 'sb',
};

/** Linux allows 255 bytes in a name; so many leave room for a number, and for a path on Windows. */
const MAX_BYTES = 150;
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** The title as a file name, with the extension of its type unless it already has one. */
export function downloadName(title: string, type: string): string {
  const plain = title
    .slice(0, MAX_TITLE)
    .normalize('NFC')
    .replace(/[\p{C}\p{Zl}\p{Zp}/\\:*?\u0022<>|%;]/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '');
  const name = [...plain].slice(0, MAX_NAME).join('').trim() || 'journal';
  const ending = SUGAR[type] ?? mime.getExtension(type);
  if (!ending || type === UNKNOWN_TYPE || mime.getType(name) === type) return name;
  return name.toLowerCase().endsWith(`.${ending}`) ? name : `${name}.${ending}`;
}

export class FileNames {
  readonly #taken = new Map<string, number>();

  /** The title as a name with the ending of this type; a number tells it from earlier ones. */
  next(title: string, type: string): string {
    const whole = downloadName(title, type);
    const [, stem = whole, ending = ''] = /^(.+?)(\.[A-Za-z0-9]{1,10})?$/.exec(whole) ?? [];
    const cut = shortened(stem, MAX_BYTES - ending.length);
    const safe = DEVICE.test(`${cut}${ending}`) ? `_${cut}` : cut;
    const key = folded(`${safe}${ending}`);
    for (let n = (this.#taken.get(key) ?? 0) + 1; ; n += 1) {
      this.#taken.set(key, n);
      const name = n === 1 ? `${safe}${ending}` : `${safe} (${n})${ending}`;
      if (n === 1) return name;
      const numbered = folded(name);
      if (this.#taken.has(numbered)) continue;
      this.#taken.set(numbered, 1);
      return name;
    }
  }
}

/** Equal for names that some system takes for one: by capitals, for ß is SS there, and both small sigmas are Σ. */
const folded = (name: string): string => name.normalize('NFKC').toUpperCase().normalize('NFKC');

/** At most so many bytes, in whole characters, without blanks or dots at the end. */
function shortened(text: string, bytes: number): string {
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += Buffer.byteLength(segment);
    if (used > bytes) break;
    kept += segment;
  }
  return kept.replace(/[\s.]+$/, '') || 'journal';
}
