/**
 * Tables for people and for awk: columns two spaces apart. Where the terminal is too narrow,
 * columns are left out, one after the other; no line is wrapped.
 */

import { bounded, oneLine } from '@atelier/text';
import { cut } from './text.ts';

const gap = 2;

export interface Column<Row> {
  header: string;
  cell(row: Row): string;
  align?: 'left' | 'right';
  /** At least as wide as its widest cell; needed where rows come one by one. */
  width?: number;
  /** Its cells may be cut to this width before the column is left out; for prose. */
  shrinksTo?: number;
  /** The higher it is, the sooner the column is left out; a column without it always stays. */
  leaveOut?: number;
}

/** What others wrote is no more than its cell. */
const cellText = <Row>({ cell }: Column<Row>, row: Row): string => bounded(oneLine(cell(row)), 200);

/** A table whose rows are all known: its lines, the header first. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  available: number,
): string[] {
  const measured = columns.map((column) => ({
    ...column,
    width: Math.max(...rows.map((row) => cellText(column, row).length), widthOf(column)),
  }));
  const shown = shrink(fit(measured.map(smallest), available), measured, available);
  return [headerLine(shown), ...rows.map((row) => rowLine(shown, row))];
}

/** As narrow as a column may become. */
const smallest = <Row>(column: Column<Row>): Column<Row> => {
  const { width = 0, shrinksTo = width } = column;
  return { ...column, width: Math.min(width, Math.max(shrinksTo, column.header.length)) };
};

/** Gives the room that is left to the columns that were made narrow, as far as they need it. */
function shrink<Row>(
  shown: readonly Column<Row>[],
  measured: readonly Column<Row>[],
  available: number,
): Column<Row>[] {
  let room = available - lineWidth(shown);
  return shown.map((column) => {
    const wanted = measured.find(({ header }) => header === column.header)!.width!;
    const more = Math.min(room, wanted - column.width!);
    room -= more;
    return { ...column, width: column.width! + more };
  });
}

/**
 * What is known about one thing: a name and a value on each line; a value that does not fit beside
 * its name stands below it.
 * @returns the lines of each row
 */
export function labelledLines(
  rows: readonly (readonly [label: string, value: string])[],
  available: number,
): string[][] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => {
    const line = `  ${label.padEnd(width)}  ${value}`;
    return line.length <= available ? [line] : [`  ${label}`, `    ${value}`];
  });
}

/** The columns that fit into `available` characters a line. */
export function fit<Row>(columns: readonly Column<Row>[], available: number): Column<Row>[] {
  const shown = [...columns];
  while (lineWidth(shown) > available) {
    const ranks = shown.map(({ leaveOut = 0 }) => leaveOut);
    const highest = Math.max(...ranks);
    if (highest === 0) break;
    shown.splice(ranks.lastIndexOf(highest), 1);
  }
  return shown;
}

export const headerLine = <Row>(columns: readonly Column<Row>[]): string =>
  line(columns, ({ header }) => header);

export const rowLine = <Row>(columns: readonly Column<Row>[], row: Row): string =>
  line(columns, (column) => shownCell(column, row));

/** In its column's width, where that may be narrower. */
const shownCell = <Row>(column: Column<Row>, row: Row): string =>
  column.shrinksTo === undefined
    ? cellText(column, row)
    : cut(cellText(column, row), column.width ?? column.shrinksTo);

const widthOf = <Row>({ header, width = 0 }: Column<Row>): number => Math.max(header.length, width);

const lineWidth = <Row>(columns: readonly Column<Row>[]): number =>
  columns.reduce((sum, column) => sum + widthOf(column), gap * Math.max(columns.length - 1, 0));

const line = <Row>(
  columns: readonly Column<Row>[],
  text: (column: Column<Row>) => string,
): string =>
  columns
    .map((column) => {
      const width = widthOf(column);
      return column.align === 'right' ? text(column).padStart(width) : text(column).padEnd(width);
    })
    .join(' '.repeat(gap))
    .trimEnd();
