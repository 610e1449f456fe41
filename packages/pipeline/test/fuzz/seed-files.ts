import { existsSync, readdirSync, readFileSync } from 'node:fs';

const corpus = new URL('corpus/', import.meta.url);

/** The files of a target in the corpus: examples, and what was once found. */
export function seedFiles(target: string): Uint8Array[] {
  const folder = new URL(`${target}/`, corpus);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(new URL(name, folder)));
}
