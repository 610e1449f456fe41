import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { anyComparisonSchema } from './run-comparison.ts';

const file = new URL('../../../../docs/comparison.schema.json', import.meta.url);

/** The published schema as it is, and as it follows from the code. */
export function publishedSchema(): { committed: unknown; generated: Record<string, unknown> } {
  const title = 'What `atelier compare --json` prints';
  const generated = { title, ...z.toJSONSchema(anyComparisonSchema, { reused: 'ref' }) };
  return { committed: JSON.parse(readFileSync(file, 'utf8')), generated };
}

// As a program: `npx nx run report:publish-schema`.
if (import.meta.filename === process.argv[1])
  writeFileSync(file, `${JSON.stringify(publishedSchema().generated, null, 2)}\n`);
