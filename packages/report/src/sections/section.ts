import type { Images } from '../image-uri.ts';
import type { Figures } from '../page/figure.ts';
import { type Content, type Html, html } from '../page/html.ts';
import type { Report } from '../report-schema.ts';

export interface Material {
  report: Report;
  figures: Figures;
  /** The test split's. */
  images: Images;
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
