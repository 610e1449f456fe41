import { oneLine, printable } from './printable.ts';

/** Text that means nothing in Markdown or HTML, on one line, in a table's cell as well. */
export const plainMarkdown = (text: string): string =>
  printable(text.replace(/\s+/g, ' ')).replace(
    // The backslash of what printable() escapes is one of these, too.
    /[\\`*_{}[\]<>#|~!&]/g,
    (character) => `\\${character}`,
  );

/** Between backticks, where nothing can be escaped: a command, a name. */
export const codeSpan = (text: string): string => `\`${oneLine(text).replace(/[\s`]+/g, ' ')}\``;

/** Lines as they are; the fence is longer than any in them. */
export function codeBlock(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map(({ length }) => length + 1)));
  return `${fence}\n${printable(text)}\n${fence}`;
}
