export { codeBlock, codeSpan, plainMarkdown } from './markdown.ts';
export { lineProblem, nameKey } from './names.ts';
export { bounded, firstFew, oneLine, printable } from './printable.ts';
