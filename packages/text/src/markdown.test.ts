import { expect, test } from 'vitest';
import { codeBlock, codeSpan, plainMarkdown } from './markdown.ts';

test('Markdown and HTML in a text mean nothing', () => {
  expect(plainMarkdown('![x](http://a.example/) <b> `c`\n# d | e')).toBe(
    '\\!\\[x\\](http://a.example/) \\<b\\> \\`c\\` \\# d \\| e',
  );
  expect(plainMarkdown('\x1b[31m')).toBe('\\\\u001b\\[31m');
});

test('code ends where it ends', () => {
  expect(codeSpan('a `b`\nc')).toBe('`a b | c`');
  expect(codeBlock('a\n```\n# b\n````\x1b')).toBe('`````\na\n```\n# b\n````\\u001b\n`````');
});
