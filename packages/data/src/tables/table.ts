/** A row of a table, of which some columns are read. */
export interface TableRow {
  /** For people: "line 12" of a text, "row 3" of a Parquet file, counted from 1. */
  at: string;
  /** A value for each column asked for, in that order; undefined where there is none. */
  values: (string | undefined)[];
}

/** A table whose rows come one after the other: few of them are in memory. */
export interface Table {
  /** As its header names them. */
  columns: readonly string[];
  /** @param columns positions of those that are wanted */
  rows(columns: readonly number[]): AsyncIterable<TableRow>;
}

/** Rows of a table: their paths are held in memory. */
export const mostRows = 5_000_000;

/** Bytes of a table. */
export const longestTable = 2 ** 31;

/** Characters of a value: a path has at most 4,096 bytes. */
export const longestValue = 8192;
