import { type Content, type Html, html } from './html.ts';

export interface Table {
  caption: Content;
  /** The first column names the rows. */
  head: Content[];
  /** How many columns, from the first, hold text; the others hold numbers. */
  texts?: number;
  rows: Content[][];
  /** Rows below a rule: means and totals. */
  foot?: Content[][];
}

/** A table that scrolls by itself where the page is too narrow for it. */
export function table({ caption, head, texts = 1, rows, foot = [] }: Table): Html {
  return html`
<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table class="texts-${texts}">
<caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(line)}</tbody>
${foot.length > 0 && html`<tfoot>${foot.map(line)}</tfoot>`}
</table></div>`;
}

const line = ([name = '', ...cells]: Content[]): Html =>
  html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`;

/** Names with their values. */
export function facts(entries: [Content, Content][], className = 'facts'): Html {
  return html`<dl class="${className}">${entries.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`,
  )}</dl>`;
}
