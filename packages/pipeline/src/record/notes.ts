import { encodeDocument } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import { z } from 'zod';
import type { Store } from '../run-store.ts';

/** What people wrote about a run: `runs/<run>/notes.json`. */
const notesFile = 'notes.json';

const noteSchema = z.object({ at: z.iso.datetime(), by: z.string().optional(), text: z.string() });
const notesSchema = z.looseObject({ schemaVersion: z.literal(1), notes: z.array(noteSchema) });

export type Note = z.infer<typeof noteSchema>;

/** Characters of a note. */
const longestNote = 4_000;

/**
 * Adds a note to a run's, by compare-and-swap: of two that are added at once both stay.
 * @throws UserError for an empty or long one, and where those that are there cannot be read
 */
export async function addNote(
  store: Pick<Store, 'readRunDocument' | 'createRunFile' | 'replaceRunFile' | 'bucket'>,
  runId: string,
  note: Note,
): Promise<void> {
  if (note.text.trim() === '' || note.text.length > longestNote)
    throw new UserError({
      what: 'This cannot be a note.',
      where: 'the text',
      expected: `1 to ${longestNote} characters`,
      found: `${note.text.trim() === '' ? 'none' : note.text.length}`,
    });
  for (;;) {
    const seen = await store.readRunDocument(runId, notesFile, notesSchema);
    if (seen?.problem !== undefined)
      throw new UserError({
        what: `The notes about run ${runId} cannot be read.`,
        where: `s3://${store.bucket}/runs/${runId}/${notesFile}`,
        found: seen.problem,
        remedy: 'move this file away, then add the note again',
      });
    const notes = [...(seen?.value?.notes ?? []), note];
    const content = encodeDocument({ schemaVersion: 1, notes });
    const isWritten = await (seen === undefined
      ? store.createRunFile(runId, notesFile, content)
      : store.replaceRunFile(runId, notesFile, content, seen.etag));
    if (isWritten) return;
  }
}

/** What people wrote about a run, the oldest first. */
export async function readNotes(
  store: Pick<Store, 'readRunDocument'>,
  runId: string,
): Promise<Note[]> {
  return (await store.readRunDocument(runId, notesFile, notesSchema))?.value?.notes ?? [];
}
