export { codeBlock, codeSpan, plainMarkdown } from './markdown.ts';
export { lineProblem, nameKey } from './names.ts';
export { bounded, oneLine, printable } from './printable.ts';
