import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const workspace = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/threat-model.md', workspace), 'utf8');

/** The last cell of every row of a table: what shows that the row is true. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
  .filter(([, , shown]) => !['test', 'shown by'].includes(shown?.trim() ?? ''));

interface Reference {
  path: string;
  titles: string[];
}

/**
 * `path`, "title", "another title"; "the same" is the file that was named last, … stands for what a
 * table of cases puts into a title.
 */
const references: Reference[] = [];
for (const [, , shown = ''] of rows)
  for (const [, path, title] of shown.matchAll(/`([\w./-]+\/[\w.-]+)`|"([^"]+)"/g)) {
    if (path !== undefined) references.push({ path, titles: [] });
    else references.at(-1)?.titles.push(title!);
  }

test('every row of the threat model says what shows it', () => {
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) {
    expect(row).toHaveLength(3);
    expect(row[2], row[0]).toMatch(/`[\w./-]+\/[\w.-]+`|the same|by hand/);
  }
});

test('every test that the threat model names exists', () => {
  for (const { path, titles } of references) {
    const file = fileURLToPath(new URL(path, workspace));
    expect(existsSync(file), path).toBe(true);
    // As it stands in a source text: a quotation mark may be escaped there.
    const source = readFileSync(file, 'utf8').replaceAll('\\', '');
    for (const part of titles.flatMap((title) => title.split('…')))
      expect(source.includes(part.trim()), `${path} has no test "${part}"`).toBe(true);
  }
});
