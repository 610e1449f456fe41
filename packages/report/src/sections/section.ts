import { type ImageShape, imageAt } from '@atelier/data/image-shape';
import { type Content, type Html, html } from '../page/html.ts';
import type { Figures } from '../plots/figures.ts';
import type { Report } from '../report-schema.ts';

/** Images of one shape, as many as there may be; they are read as they are needed. */
export interface ImageSource {
  shape: ImageShape;
  /** @returns the images at these positions, [n, height, width, channels]; 0 is black */
  read(positions: Int32Array): Promise<Uint8Array>;
}

/** Those of them that a page shows, by their positions. */
export interface Images {
  shape: ImageShape;
  at(position: number): Uint8Array;
}

export async function readImages(
  { shape, read }: ImageSource,
  positions: Iterable<number>,
): Promise<Images> {
  const places = new Map([...new Set(positions)].map((position, place) => [position, place]));
  const found = await read(Int32Array.from(places.keys()));
  return {
    shape,
    at(position) {
      const place = places.get(position);
      if (place === undefined) throw new RangeError(`image ${position} was not read`);
      return imageAt(found, shape, place);
    },
  };
}

export interface Material {
  report: Report;
  figures: Figures;
  /** Of the test split, those that {@link renderReport} reads. */
  images: Images;
  /** Both of each pair that the data contract names as alike, by their places there, if any are. */
  alike?: Images | undefined;
}

export interface Section {
  id: string;
  /** In the table of contents: one word. */
  label: string;
  content: Html;
}

export function section(id: string, label: string, title: string, content: Content): Section {
  return {
    id,
    label,
    content: html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>`,
  };
}

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

/** A table. Texts wrap, so that it fits into any page and nothing needs to scroll. */
export function table({ caption, head, texts = 1, rows, foot = [] }: Table): Html {
  return html`
<table class="texts-${texts}">
<caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(line)}</tbody>
${foot.length > 0 && html`<tfoot>${foot.map(line)}</tfoot>`}
</table>`;
}

const line = ([name = '', ...cells]: Content[]): Html =>
  html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`;

/** Names with their values. */
export function facts(entries: [Content, Content][], className = 'facts'): Html {
  return html`<dl class="${className}">${entries.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`,
  )}</dl>`;
}

/** What few readers need; it is open in print. */
export const folded = (summary: Content, content: Content): Html =>
  html`<details><summary>${summary}</summary>${content}\n</details>`;

/** More rows than this are folded away. */
const longest = 30;

/** A table that is folded where it is long. */
export const longTable = (parts: Table): Html =>
  parts.rows.length > longest
    ? folded(html`${parts.caption} (${parts.rows.length} rows)`, table(parts))
    : table(parts);
