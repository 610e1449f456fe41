import { basename, join } from 'node:path';
import { downloadFile, MirrorFailure } from '@atelier/download';
import type { AtelierEnvironment } from '@atelier/environment';
import { WorldError } from '@atelier/errors';

/** Offline a download fails within a second; a network that swallows packets is given longer. */
const patience = { stallMs: 8_000, rounds: 2, pauseMs: 500 };

const remedies = {
  wrong: { remedy: 'try again; if it stays so, do not use it and tell the publisher' },
  missing: { remedy: 'build it, or name a binary of your own' },
  unreachable: { remedy: 'check the network' },
};

/** What a download takes from the environment. */
type Settings = Pick<AtelierEnvironment, 'cacheDirectory' | 'proxies'>;

/**
 * Downloads a file of a publisher and holds it against its SHA-256. What an interrupted download
 * received stays in the cache and is continued.
 * @throws WorldError where it cannot be had, or is not what the checksum says
 */
export async function downloadPublished(
  url: string,
  path: string,
  sha256: string,
  { cacheDirectory, proxies }: Settings,
): Promise<void> {
  const address = new URL(url);
  try {
    await downloadFile({
      ...{ path, sha256, proxies, patience, remedies },
      name: basename(address.pathname),
      parts: join(cacheDirectory, 'downloads'),
      mirrors: [address],
    });
  } catch (error) {
    const { cause } = error as Error;
    throw cause instanceof MirrorFailure ? refused(url, cause) : error;
  }
}

/** All of it is the world's failure, because a program that cannot be downloaded may be built. */
function refused(url: string, { message, wrong, remedy }: MirrorFailure): WorldError {
  const what = wrong ? 'A download is not what its publisher says it is' : 'A download failed';
  return new WorldError({
    what,
    where: url,
    found: message,
    ...wrong,
    ...(remedy ? { remedy } : wrong ? remedies.wrong : {}),
  });
}
