/**
 * File name and media type of a download. Both were written by a child's laptop, so headers are built
 * here from validated parts.
 */
import mime from 'mime';

const FALLBACK_TYPE = 'application/octet-stream';
const TYPE = /^[a-z0-9][\w!#$&^.+-]{0,60}\/[a-z0-9][\w!#$&^.+-]{0,60}$/i;
const MAX_NAME = 80;
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

/** Without parameters; an invalid type becomes `application/octet-stream`. */
export function downloadType(mimeType: string | undefined): string {
  const type = (mimeType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return TYPE.test(type) ? type : FALLBACK_TYPE;
}

/** The title as a file name, with the extension of its type unless it already has one. */
export function downloadName(title: string, type: string): string {
  const plain = title
    .normalize('NFC')
    .replace(/[\p{C}\p{Zl}\p{Zp}/\\:*?\u0022<>|%;]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '');
  const name = [...plain].slice(0, MAX_NAME).join('').trim() || 'journal';
  const ending = SUGAR[type] ?? mime.getExtension(type);
  if (!ending || type === FALLBACK_TYPE || mime.getType(name) === type) return name;
  return name.toLowerCase().endsWith(`.${ending}`) ? name : `${name}.${ending}`;
}

/** RFC 6266 with RFC 5987: both for old browsers and with all letters. Always an attachment. */
export function contentDisposition(name: string): string {
  const ascii = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\w .()+,=@~-]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
