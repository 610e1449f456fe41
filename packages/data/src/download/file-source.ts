import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MirrorFailure, wrongBytes } from './mirror-failure.ts';
import type { Source } from './source.ts';

/** Opens a file of a file:// mirror; see `openSource`. */
export async function openFile(
  url: URL,
  offset: number,
  bytes: number,
  signal: AbortSignal,
): Promise<Source> {
  try {
    const path = fileURLToPath(url);
    const { size } = await stat(path);
    if (size !== bytes) throw wrongBytes(`${bytes} bytes`, `${size} bytes`);
    return { start: offset, body: createReadStream(path, { start: offset, signal }) };
  } catch (error) {
    if (error instanceof MirrorFailure) throw error;
    throw new MirrorFailure((error as Error).message, { permanent: true, cause: error });
  }
}
