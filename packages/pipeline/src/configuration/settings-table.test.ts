import { expect, test } from 'vitest';
import { settingsPage } from './settings-table.ts';

test('docs/configuration.md has the table that follows from the schemas', () => {
  const { committed, generated } = settingsPage();
  expect(committed, 'run `npx nx run pipeline:document-settings`').toBe(generated);
  expect(generated).toMatch(/\n\| `recipe\.epochs` +\| `--epochs` +\| 120 +\| +\| passes over/);
  expect(generated).toMatch(/\n\| `threads` .* all cores +\| train, evaluate, promote \|/);
  expect(generated).toMatch(/\n\| `recipe\.augmentation\.flip` +\| +\| 0\.5 /);
});
