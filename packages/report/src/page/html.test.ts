import { expect, test } from 'vitest';
import { escapeHtml, html } from './html.ts';

const hostile = `</td><script>alert("1")</script>'&`;

test('what is put into a template is escaped, in content and in attributes', () => {
  const { text } = html`<p title="${hostile}">${hostile}</p>`;
  expect(text).not.toContain('<script>');
  expect(text.match(/</g)).toHaveLength(2);
  expect(text.match(/"/g)).toHaveLength(2);
  expect(escapeHtml(hostile)).toBe(
    '&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;',
  );
});

test('templates nest, lists are joined, false and null vanish, 0 stays', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
  expect(html`<ul>${items}</ul>${false}${null}${0}`.text).toBe(
    '<ul><li>a</li><li>&lt;b&gt;</li></ul>0',
  );
});

test('what would reorder a line of the page, or nobody would see, is shown', () => {
  expect(escapeHtml('a\u202e<b>\u200b\x9b')).toBe('a\\u202e&lt;b&gt;\\u200b\\u009b');
});
