import type { EpochLine, Progress } from '../progress.ts';

export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** 4.2 s, 3:07, 1:02:45 */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

const columns = ['epoch', 'train loss', 'acc', 'val. loss', 'acc', 'best so far', 's/epoch', 'ETA'];
const widths = [9, 12, 9, 11, 9, 22, 9, 9];

const row = (cells: readonly string[]): string =>
  cells.map((cell, i) => cell.padStart(widths[i]!)).join('');

export const epochHeader = (): string => row(columns);

/**
 * One epoch as a line under {@link epochHeader}.
 * @param best of the epochs up to this one
 * @param pace seconds that an epoch takes, for the time left; undefined: not known yet
 */
export function epochRow(
  line: EpochLine,
  total: number,
  best: NonNullable<Progress['best']>,
  pace: number | undefined,
): string {
  return row([
    `${line.epoch}/${total}`,
    line.trainLoss.toFixed(4),
    percent(line.trainAccuracy),
    line.validationLoss.toFixed(4),
    percent(line.validationAccuracy),
    `${percent(best.validationAccuracy)} (epoch ${best.epoch})`,
    line.seconds.toFixed(2),
    pace === undefined ? '-' : duration((total - line.epoch) * pace),
  ]);
}
