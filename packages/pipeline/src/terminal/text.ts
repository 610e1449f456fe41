/** Numbers and paragraphs as a terminal shows them. */

import type { TestMetric } from '@atelier/evaluate';

export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

type Format = TestMetric['format'] | 'count';

/** A metric's value as its table says that it is written. */
export const metricText = (format: Format, value: number): string =>
  format === 'percent' ? percent(value) : format === 'count' ? String(value) : value.toFixed(4);

/** @param value undefined where the version of Atelier that did the work did not measure it */
export const metricCell = (format: Format, value: number | undefined): string =>
  value === undefined ? '-' : metricText(format, value);

/** A mean and a standard deviation: 91.35 ± 0.05 % */
export const plusMinus = (mean: number, sd: number, format: Format = 'percent'): string =>
  format === 'percent'
    ? `${(100 * mean).toFixed(2)} ± ${percent(sd)}`
    : `${mean.toFixed(4)} ± ${sd.toFixed(4)}`;

/** `2026-11-27T21:46:39.123Z` -> `2026-11-27 21:46` */
export const minuteText = (iso: string): string => iso.slice(0, 16).replace('T', ' ');

/** 512 B, 17.4 kB, 241.9 MB */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** 4.2 s, 3:07, 1:02:45 */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** One line in `columns`, its end left out where it is longer. */
export const cut = (text: string, columns: number): string =>
  text.length > columns ? `${text.slice(0, Math.max(columns - 1, 0))}…` : text;

/**
 * Lines broken between words so that they fit into `columns`, continued under their own
 * indentation. What a person copies stays whole, even where it is longer: a line that is a command,
 * what stands in backticks, an address, a path.
 */
export function wrap(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => (isCommand.test(line) ? line : wrapLine(line, columns)))
    .join('\n');
}

const isCommand = /^\s*(npx|npm|atelier) /;
const words = /(\s*)(`[^`]*`\S*|\S+)/g;

function wrapLine(line: string, columns: number): string {
  if (line.length <= columns) return line;
  const indent = /^\s*/.exec(line)![0];
  const lines: string[] = [];
  let current = '';
  for (const [, gap, word] of line.matchAll(words)) {
    if (current !== '' && current.length + gap!.length + word!.length > columns) {
      lines.push(current);
      current = `${indent}${word}`;
    } else current += `${gap}${word}`;
  }
  return [...lines, current].join('\n');
}
