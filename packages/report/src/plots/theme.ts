import type { Config } from 'vega-lite';

/**
 * Colours by their role. Plots name them as CSS variables, so that one drawing serves light, dark
 * and print.
 */
const palette = {
  light: {
    paper: '#fdfcfa',
    surface: '#f4f2ed',
    ink: '#1d1c1a',
    muted: '#66625b',
    line: '#e0dcd4',
    right: '#2556b0',
    wrong: '#b64a14',
    context: '#8a857c',
    'on-right': '#ffffff',
    'on-wrong': '#1d1c1a',
  },
  dark: {
    paper: '#131417',
    surface: '#1c1e22',
    ink: '#ebe9e4',
    muted: '#a4a19a',
    line: '#303238',
    right: '#82adff',
    wrong: '#ff9d66',
    context: '#7d7b76',
    'on-right': '#0d0e11',
    'on-wrong': '#0d0e11',
  },
} as const;

export type Role = keyof (typeof palette)['light'];

/** A colour as plots and the page name it. */
export const colour = (role: Role): string => `var(--${role})`;

const declarations = (theme: Record<string, string>): string =>
  Object.entries(theme)
    .map(([role, value]) => `--${role}:${value}`)
    .join(';');

/** Gives the variables their values: light on paper, otherwise as the reader's system has it. */
export const paletteCss = [
  `:root{${declarations(palette.light)}}`,
  `@media screen and (prefers-color-scheme:dark){:root{${declarations(palette.dark)}}}`,
].join('');

export const fontStack =
  "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** Every plot's looks: quiet axes, light grid, words in the page's size. */
export const plotConfig: Config = {
  background: 'transparent',
  // What the root says, once for all texts.
  font: 'inherit',
  // The SVG as a whole carries one description instead.
  aria: false,
  view: { stroke: null },
  axis: {
    domain: false,
    grid: true,
    gridColor: colour('line'),
    labelColor: colour('muted'),
    labelFontSize: 12,
    labelPadding: 6,
    ticks: false,
    titleColor: colour('muted'),
    titleFontSize: 12,
    titleFontWeight: 'normal',
  },
  axisX: { grid: false },
  legend: {
    labelColor: colour('ink'),
    labelFontSize: 12,
    symbolStrokeWidth: 2.5,
  },
  text: { color: colour('ink'), fontSize: 12 },
};
