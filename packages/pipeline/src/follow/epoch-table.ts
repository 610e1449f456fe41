import { epochMetrics } from '@atelier/train/epochs';
import type { EpochLine, Progress } from '../progress.ts';
import { type Column, fit } from '../terminal/table.ts';
import { duration, metricCell, percent } from '../terminal/text.ts';

/** One row: an epoch, and what is known when it ends. */
export type EpochRow = EpochLine & {
  /** The best of the epochs up to this one; undefined while none has a score on this data. */
  best: Progress['best'];
  /** The seconds that an epoch takes, for the time left; undefined: not known yet. */
  pace: number | undefined;
};

/** The columns for a training of `total` epochs that a line of `available` characters has room for. */
export function epochColumns(total: number, available: number): Column<EpochRow>[] {
  const digits = String(total).length;
  const right = (
    header: string,
    width: number,
    cell: Column<EpochRow>['cell'],
    leaveOut?: number,
  ): Column<EpochRow> => ({
    header,
    width,
    cell,
    align: 'right',
    ...(leaveOut !== undefined && { leaveOut }),
  });
  const columns = [
    right('epoch', 2 * digits + 1, ({ epoch }) => `${epoch}/${total}`),
    ...epochMetrics.flatMap(({ key, format, column }) => {
      if (column === undefined) return [];
      const { header, width, leaveOut } = column;
      return right(header, width, (row) => metricCell(format, row[key]), leaveOut);
    }),
    right('best (epoch)', 10 + digits, bestCell, 1),
    right('s/epoch', 7, ({ seconds }) => seconds.toFixed(2), 6),
    right('ETA', 7, (row) => timeLeft(row, total), 3),
  ];
  return fit(columns, available);
}

const bestCell = ({ best }: EpochRow): string =>
  best === undefined ? '-' : `${percent(best.validationAccuracy)} (${best.epoch})`;

const timeLeft = ({ epoch, pace }: EpochRow, total: number): string =>
  pace === undefined ? '-' : duration((total - epoch) * pace);
