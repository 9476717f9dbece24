/**
 * Whether a download goes into a Journal: Sugar's Browse keeps it there, every other browser in a
 * folder. Browse does not name itself; it is WebKitGTK (before 2012: Gecko as built by OLPC) on Linux.
 * A wrong guess costs a click: both downloads are on the page. Pure.
 */

export function downloadsIntoJournal(userAgent: string | undefined): boolean {
  const agent = userAgent ?? '';
  if (/\bOLPC\//.test(agent)) return true;
  const webKitGtk = /\bLinux\b/.test(agent) && /\bAppleWebKit\//.test(agent);
  return webKitGtk && !/Chrom(e|ium)|Android|Edg|OPR|Epiphany|Falkon|QtWebEngine/.test(agent);
}
