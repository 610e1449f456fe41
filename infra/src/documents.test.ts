import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const workspace = fileURLToPath(new URL('../../', import.meta.url));
const decisions = readdirSync(join(workspace, 'docs/decisions'));

test('every decision has a number of its own, and none is left out', () => {
  const numbers = decisions.flatMap((name) => /^\d{4}(?=-)/.exec(name) ?? []).map(Number);
  expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, i) => i + 1));
});

test('what a document links to beside it is there', () => {
  const pages = [
    ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'],
    ...readdirSync(join(workspace, 'docs')).map((name) => `docs/${name}`),
    ...decisions.map((name) => `docs/decisions/${name}`),
  ].filter((path) => path.endsWith('.md'));
  for (const page of pages)
    for (const [, path] of readFileSync(join(workspace, page), 'utf8').matchAll(
      /\]\(([^)#:\s]+)[)#]/g,
    ))
      expect(existsSync(join(workspace, dirname(page), path!)), `${page}: ${path}`).toBe(true);
});
