/**
 * Media type and header of a download. Type and title were written by a child's laptop, so headers are
 * built here from validated parts.
 */

const FALLBACK_TYPE = 'application/octet-stream';
const TYPE = /^[a-z0-9][\w!#$&^.+-]{0,60}\/[a-z0-9][\w!#$&^.+-]{0,60}$/i;

/** Without parameters; an invalid type becomes `application/octet-stream`. */
export function downloadType(mimeType: string | undefined): string {
  const type = (mimeType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return TYPE.test(type) ? type : FALLBACK_TYPE;
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
