import { rename, rm, writeFile } from 'node:fs/promises';

let drafts = 0;

/** Replaces a small file as a whole: a reader sees the old content or the new, never a part. */
export async function writeAtomically(path: string, content: string): Promise<void> {
  const draft = `${path}.draft-${process.pid}-${drafts++}`;
  try {
    await writeFile(draft, content, { mode: 0o600, flush: true });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
