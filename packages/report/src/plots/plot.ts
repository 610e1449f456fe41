import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { escapeHtml } from '../page/html.ts';
import { fontStack, plotConfig } from './theme.ts';

/** The plot's inside and what surrounds it, in CSS pixels. */
interface Frame {
  width: number;
  height: number;
  padding: { left: number; right: number; top: number; bottom: number };
}

export interface Drawing {
  frame: Frame;
  /** What vega-lite draws inside the frame. */
  spec: Content;
}

type Framed = 'width' | 'height' | 'padding' | 'autosize';
type Layered = Omit<Extract<TopLevelSpec, { layer: unknown[] }>, Framed>;
export type Layer = Layered['layer'][number];
/** One mark, or several in layers. */
export type Content = Omit<Extract<TopLevelSpec, { mark: unknown }>, Framed> | Layered;

/** A plot that is drawn anew for the room it gets. */
export interface Plot {
  /** Unique on the page; names the file when the plot is saved by itself. */
  id: string;
  /** What is to be seen, for those who do not see it. */
  description: string;
  /** The page's whole width or half of it; decides when a column is narrow. */
  span: 'full' | 'half';
  /** A drawing for the room there is, or one SVG for any room. */
  draw: ((room: Room) => Drawing) | string;
}

export type Room = 'wide' | 'narrow';

/** Draws a plot as SVG whose colours are CSS variables. Equal plots give equal text. */
export async function drawPlot(plot: Plot, room: Room): Promise<string> {
  if (typeof plot.draw === 'string') return withDescription(plot.draw, plot.description);
  const { frame, spec } = plot.draw(room);
  const { width, height, padding } = frame;
  // Vega cannot measure text here, so that the room for labels is given, not found.
  const whole = { ...spec, width, height, padding, autosize: { type: 'none' as const } };
  const { spec: vega } = compile(whole, { config: plotConfig });
  const view = new View(parse(vega), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    // The description of the whole says what is to be seen: no mark is a picture of its own.
    return withDescription(svg.replace(marksAsPictures, ''), plot.description);
  } finally {
    view.finalize();
  }
}

const marksAsPictures = / role="graphics-(?:symbol|object)" aria-roledescription="[a-z -]*"/g;

/** Replaces the root tag: a size that follows the page's, and a description. */
function withDescription(svg: string, description: string): string {
  const viewBox = /viewBox="([^"]*)"/.exec(svg)?.[1] ?? '';
  const [, , width] = viewBox.split(' ');
  const root = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox}" width="${width}" font-family="${fontStack}" role="img" aria-label="${escapeHtml(description)}">`;
  return svg.replace(/^<svg[^>]*>/, () => root);
}
