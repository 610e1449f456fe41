import { type Content, Html, html } from '../page/html.ts';
import { drawPlot, type Plot } from './plot.ts';

interface Drawn {
  span: 'full' | 'half';
  wide: string;
  /** Undefined where the wide one serves any width. */
  narrow: string | undefined;
}

/** Every plot of a report, drawn for wide and narrow columns. */
export class Figures {
  readonly #drawn: ReadonlyMap<string, Drawn>;

  private constructor(drawn: ReadonlyMap<string, Drawn>) {
    this.#drawn = drawn;
  }

  static async draw(plots: readonly Plot[]): Promise<Figures> {
    const drawn = plots.map(async (plot) => {
      const wide = await drawPlot(plot, 'wide');
      const narrow = typeof plot.draw === 'string' ? undefined : await drawPlot(plot, 'narrow');
      return [plot.id, { span: plot.span, wide, narrow }] as const;
    });
    return new Figures(new Map(await Promise.all(drawn)));
  }

  /** One plot under its title; the page shows the drawing that its column has room for. */
  figure(id: string, title: Content, caption: Content): Html {
    const { span, wide, narrow } = this.#drawn.get(id)!;
    return html`
<figure class="plot ${span}" id="figure-${id}">
<figcaption><strong>${title}</strong> ${caption}</figcaption>
${
  narrow === undefined
    ? html`<div class="any">${new Html(wide)}</div>`
    : html`<div class="wide">${new Html(wide)}</div><div class="narrow">${new Html(narrow)}</div>`
}
</figure>`;
  }
}
