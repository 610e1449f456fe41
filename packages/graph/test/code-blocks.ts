/** A piece of code in a page, as the reader would copy it. */
export interface CodeBlock {
  language: string;
  code: string;
  /** What the page says that it prints: the block `text` that follows it at once. */
  prints: string | undefined;
}

/** The blocks of a page in Markdown that have a language, but for those that say what others print. */
export function codeBlocks(page: string): CodeBlock[] {
  const found = page.matchAll(/^```(\w+)\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm);
  return [...found]
    .map(([, language, code, prints]) => ({ language: language!, code: code!, prints }))
    .filter(({ language }) => language !== 'text');
}
