import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const document = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

/** Puts a benchmark's newest table into docs/benchmarks.md. */
export async function updateDocument(name: string, content: string): Promise<void> {
  await writeFile(document, replaceSection(await readFile(document, 'utf8'), name, content));
}

/**
 * Replaces what stands between `<!-- name: generated -->` and `<!-- end of name -->`.
 * @throws Error where the text has no such section
 */
export function replaceSection(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name}: generated -->`, `<!-- end of ${name} -->`];
  const [begin, end] = [text.indexOf(open), text.indexOf(close)];
  if (begin < 0 || end < begin) throw new Error(`There is no section ${open} … ${close}.`);
  return `${text.slice(0, begin + open.length)}\n\n${content}\n\n${text.slice(end)}`;
}

/** A table that reads well both as text and as Markdown; columns after the first are numbers. */
export function markdownTable(header: readonly string[], rows: readonly string[][]): string {
  const widths = header.map((title, i) =>
    Math.max(3, title.length, ...rows.map((row) => row[i]!.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [header, rule, ...rows].map(line).join('\n');
}
