import { parseDocument, sha256 } from '@atelier/artifacts';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { addNote, readNotes } from './notes.ts';

/** One file in memory. */
function memory() {
  let file: Buffer | undefined;
  return {
    bucket: 'atelier',
    async readRunDocument<T>(_run: string, _name: string, schema: z.ZodType<T>) {
      return file && { etag: sha256(file), content: file, ...parseDocument(file, schema) };
    },
    async createRunFile(_run: string, _name: string, content: Uint8Array) {
      if (file !== undefined) return false;
      file = Buffer.from(content);
      return true;
    },
    async replaceRunFile(_run: string, _name: string, content: Uint8Array, etag: string) {
      if (file === undefined || sha256(file) !== etag) return false;
      file = Buffer.from(content);
      return true;
    },
  };
}
const at = '2026-01-31T02:00:00.000Z';

test('notes that are added at once both stay', async () => {
  const store = memory();
  await Promise.all(['a', 'b', 'c'].map((text) => addNote(store, 'run', { at, text, by: 'Ada' })));
  expect((await readNotes(store, 'run')).map(({ text }) => text).sort()).toEqual(['a', 'b', 'c']);
});

test('what is no note is refused, and what cannot be read is not overwritten', async () => {
  const store = memory();
  await expect(addNote(store, 'run', { at, text: '  ' })).rejects.toThrow(/1 to 4000 characters/);
  await expect(addNote(store, 'run', { at, text: 'x'.repeat(4_001) })).rejects.toThrow(/4001/);
  await store.createRunFile('run', 'notes.json', Buffer.from('{"notes":'));
  await expect(addNote(store, 'run', { at, text: 'a' })).rejects.toThrow(/runs\/run\/notes\.json/);
});
