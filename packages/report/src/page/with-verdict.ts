import { html } from './html.ts';

/**
 * A report's page with what was decided about its model, which is known only after the page is
 * written: the last sentence of what it begins with. Equal arguments give equal bytes.
 * @param page as `renderReport` gives it
 */
export function withVerdict(page: string, sentence: string): string {
  const [begin, ...rest] = page.split('</header>');
  const said = html`<p class="verdict">${sentence}</p>\n`.text;
  return [`${begin}${said}`, ...rest].join('</header>');
}
