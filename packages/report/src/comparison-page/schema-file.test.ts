import { expect, test } from 'vitest';
import { publishedSchema } from './schema-file.ts';

test('docs/comparison.schema.json follows from the code', () => {
  const { committed, generated } = publishedSchema();
  expect(committed, 'run `npx nx run report:publish-schema`').toEqual(generated);
  expect(generated.anyOf).toHaveLength(2);
});
