/** What to do when a file or folder that somebody named cannot be written. Pure. */
import { isErrno } from '../../../shared/errors.ts';

/** The way out, by what the system said; `otherwise` where that says nothing. */
export function whyNotWritten(cause: Error, otherwise: string): string {
  if (isErrno(cause, 'EACCES', 'EPERM')) {
    return 'this user may not write there: give a folder of your own, or run the command with sudo';
  }
  if (isErrno(cause, 'EROFS')) return 'nothing can be written there: is a stick write-protected?';
  if (isErrno(cause, 'ENOSPC', 'EDQUOT')) return 'there is not enough room: give another disk';
  if (isErrno(cause, 'EFBIG'))
    return 'FAT has no room for a file of more than 4 GB: give another disk';
  return otherwise;
}
