/**
 * For everybody in the school, without signing in: how to install a laptop, and a stick's content as one
 * archive. Few downloads run at once, because each is as large as a child's whole Journal.
 */
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { ZipFile } from 'yazl';
import { DsError } from '../../../shared/errors.ts';
import {
  packagesFolder,
  type StickFile,
  type StickParts,
  schoolSettings,
  stickFiles,
} from '../../stick/contents.ts';
import { INSTALL } from '../frame/paths.ts';
import type { Site } from '../guard/site-context.ts';
import { DOWNLOAD, InstallPage } from './install-page.tsx';

/** Downloads at once; the next one is told to come again. */
const AT_ONCE = 3;
const RETRY_SECONDS = 60;

export function addInstall(part: FastifyInstance, site: Site, parts: StickParts): void {
  const { config } = site.library;
  const packages = packagesFolder(config);
  let running = 0;

  part.get(INSTALL, async (request, reply) => {
    const page = site.page(request, reply);
    return site.send(reply, InstallPage({ page, ready: existsSync(packages) }));
  });

  part.get(DOWNLOAD, { exposeHeadRoute: false }, async (_request, reply) => {
    if (running >= AT_ONCE) {
      void reply.header('retry-after', RETRY_SECONDS);
      throw new DsError('busy', 'others are downloading', { hint: 'try again in a minute' });
    }
    const files = stickFiles(parts, packages, schoolSettings(config));
    running += 1;
    reply.raw.once('close', () => {
      running -= 1;
    });
    return reply
      .type('application/zip')
      .header('content-disposition', 'attachment; filename="ds-backup-stick.zip"')
      .send(zipOf(files));
  });
}

/** Packages are compressed already. */
function zipOf(files: readonly StickFile[]): Readable {
  const zip = new ZipFile();
  const options = { compress: false, mtime: new Date(2010, 0, 1), mode: 0o100644 };
  const stream = zip.outputStream as Readable;
  zip.once('error', (error: Error) => stream.destroy(error));
  for (const file of files) {
    if ('content' in file) zip.addBuffer(Buffer.from(file.content), file.path, options);
    else zip.addFile(file.source, file.path, options);
  }
  zip.end();
  return stream;
}
