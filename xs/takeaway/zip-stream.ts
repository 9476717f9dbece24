/** A ZIP archive as a stream whose size is known before it begins. */
import type { Readable } from 'node:stream';
import type { ZipFile } from 'yazl';

export interface ZipStream {
  stream: Readable;
  /** In bytes. */
  size: number;
}

/** Nothing more is added to `zip`. All that is in it has a known size, and is stored as it is. */
export async function endZip(zip: ZipFile, forceZip64Format: boolean): Promise<ZipStream> {
  const size = await new Promise<number>((resolve) => {
    const onSize = (total: number) => resolve(total);
    zip.end({ forceZip64Format, comment: '' }, onSize as () => void); // missing in its types
  });
  return { stream: zip.outputStream as Readable, size };
}
