import { type FileHandle, open } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import { bounded } from '@atelier/text';
import { decompress } from 'fzstd';
import {
  type Compressors,
  type FileMetaData,
  parquetMetadata,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
  snappyUncompress,
} from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { longestValue, mostRows, type Table, type TableRow } from './table.ts';
import { endOfStruct } from './thrift-bounds.ts';

/** Bytes of the metadata. */
const longestMetadata = 2 ** 26;

/** How many bytes a column of a group of rows may hold as they are decompressed. */
export interface ColumnLimits {
  ofPage(compressed: number): number;
  ofGroup(compressed: number, rows: number): number;
}

const longestPage = 2 ** 25;

/** Of text and numbers. */
const plainLimits: ColumnLimits = {
  ofPage: () => longestPage,
  ofGroup: (_, rows) => longestPage + rows * longestValue,
};

/** Rows that a byte of a file can stand for: every row has another path. */
const densest = 64;

type RowGroup = FileMetaData['row_groups'][number];
type ColumnMetaData = NonNullable<RowGroup['columns'][number]['meta_data']>;

/**
 * Opens a Parquet file (https://parquet.apache.org/docs/file-format/): pages that are not compressed or
 * by Snappy, gzip, Brotli or Zstandard, values of the encodings that hyparquet knows. Of what it
 * announces, nothing takes memory before it was found to fit.
 * @throws UserError where it is no such file
 */
export async function openParquet(path: string): Promise<Table> {
  const metadata = await withFile(path, async (file, size) => {
    const found = await readMetadata(file, size);
    if (parquetSchema(found).children.every(isPlain)) return found;
    throw new Error(
      'it has columns within columns; write path and label as columns of single values',
    );
  });
  const columns = metadata.schema.slice(1).map(({ name }) => name);
  return {
    columns,
    rows: (wanted) =>
      rowsOf(
        path,
        metadata,
        wanted.map((i) => columns[i]!),
      ),
  };
}

/**
 * What a Parquet file says of itself.
 * @throws UserError where it is no such file
 */
export const metadataOf = (path: string): Promise<FileMetaData> => withFile(path, readMetadata);

/** Whether a column holds one value for each row. */
export const isPlain = ({ element, children }: SchemaTree): boolean =>
  children.length === 0 && element.repetition_type !== 'REPEATED';

async function readMetadata(file: FileHandle, size: number): Promise<FileMetaData> {
  const end = await part(file, Math.max(0, size - 8), size);
  if (size < 12 || end.toString('latin1', 4) !== 'PAR1') throw new Error('it does not end in PAR1');
  const length = end.readUInt32LE(0);
  if (length > Math.min(size - 12, longestMetadata))
    throw new Error(`its metadata takes ${length} bytes of ${size}`);
  const footer = await part(file, size - 8 - length, size);
  endOfStruct(footer.subarray(0, length), 0);
  const metadata = parquetMetadata(footer, { geoparquet: false });
  const rows = metadata.row_groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
  const most = Math.min(mostRows, 1000 + densest * size);
  if (!(rows >= 0 && rows <= most && metadata.row_groups.every(({ num_rows }) => num_rows >= 0)))
    throw new Error(`it announces ${rows} rows, more than ${most}`);
  return metadata;
}

/** Some columns of every row, as text. */
export async function* rowsOf(
  path: string,
  metadata: FileMetaData,
  columns: readonly string[],
): AsyncGenerator<TableRow> {
  let row = 0;
  for await (const values of valuesOf(path, metadata, columns)) {
    const at = `row ${++row}`;
    yield { at, values: columns.map((column) => textOf(values[column], path, at, column)) };
  }
}

/**
 * Some columns of every row: of those in a group of rows, all are in memory.
 * @param columns by the names of the outermost
 */
export async function* valuesOf(
  path: string,
  metadata: FileMetaData,
  columns: readonly string[],
  limits = plainLimits,
): AsyncGenerator<Record<string, unknown>> {
  for (const group of metadata.row_groups) {
    const count = Number(group.num_rows);
    const rows = await withFile(path, (file, size) =>
      readGroup({ file, size, metadata, group, columns, limits }),
    );
    for (let i = 0; i < count; i++) yield rows[i] ?? {};
  }
}

interface GroupReading {
  file: FileHandle;
  size: number;
  metadata: FileMetaData;
  group: RowGroup;
  columns: readonly string[];
  limits: ColumnLimits;
}

async function readGroup(reading: GroupReading): Promise<Record<string, unknown>[]> {
  const { file, size, metadata, group, columns } = reading;
  for (const column of columns) await checkPages(reading, column);
  const slice = async (start: number, end = size): Promise<ArrayBuffer> => {
    const bytes = await part(file, start, Math.min(end, size));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  };
  return parquetReadObjects({
    file: { byteLength: size, slice },
    metadata: { ...metadata, row_groups: [group], num_rows: group.num_rows },
    columns: [...columns],
    compressors,
    // What is text says so; a picture is none.
    utf8: false,
  });
}

/** Holds what the pages of a column, or of those in it, announce against the rows of its group. */
async function checkPages(reading: GroupReading, name: string): Promise<void> {
  const columns = reading.group.columns.flatMap(({ meta_data }) =>
    meta_data?.path_in_schema[0] === name ? [meta_data] : [],
  );
  if (columns.length === 0) throw new Error(`column ${name} is missing from a group of rows`);
  for (const meta of columns) await checkColumn(reading, meta, meta.path_in_schema.join('.'));
}

async function checkColumn(
  { file, size, group, limits }: GroupReading,
  meta: ColumnMetaData,
  name: string,
): Promise<void> {
  const rows = Number(group.num_rows);
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  const end = start + Number(meta.total_compressed_size);
  if (!(start >= 4 && start <= end && end <= size))
    throw new Error(`column ${name} lies at bytes ${start} to ${end} of ${size}`);
  const most = limits.ofGroup(end - start, rows);
  if (end - start > most)
    throw new Error(
      `column ${name} has ${end - start} bytes in a group of rows, more than ${most}: write smaller groups (row_group_size=100)`,
    );
  const bytes = await part(file, start, end);
  let total = 0;
  for (let at = 0; at < bytes.length - 1; ) {
    const begin = endOfStruct(bytes, at);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const page = parquetHeader({ view, offset: at });
    at = begin + page.compressed_page_size;
    total += page.uncompressed_page_size;
    const { num_values: values = 0 } =
      page.data_page_header ?? page.data_page_header_v2 ?? page.dictionary_page_header ?? {};
    if (!(page.compressed_page_size >= 0 && at <= bytes.length && values >= 0 && values <= rows))
      throw new Error(`a page of column ${name} announces ${values} values and ends at byte ${at}`);
    if (
      !(page.uncompressed_page_size >= 0 && total <= most) ||
      page.uncompressed_page_size > limits.ofPage(page.compressed_page_size)
    )
      throw new Error(`a page of column ${name} announces ${page.uncompressed_page_size} bytes`);
  }
}

/** Each gives as many bytes as the page announces, which was looked at before. */
const compressors: Compressors = {
  SNAPPY(input, length) {
    const output = new Uint8Array(length);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) => decompress(input, new Uint8Array(length)),
};

/** @throws UserError where a value is neither text nor a whole number */
function textOf(value: unknown, path: string, at: string, column: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (typeof value === 'bigint' || Number.isInteger(value)) return String(value);
  throw new UserError({
    what: 'A value of this table cannot be used.',
    where: `${path}, ${at}, column ${column}`,
    expected: 'text, or a whole number',
    found: bounded(`${value}`, 100),
    remedy: 'write the column as text',
  });
}

async function part(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
  return bytes.subarray(0, bytesRead);
}

/** What hyparquet and others throw says what is wrong, but neither where nor what to do. */
async function withFile<T>(
  path: string,
  read: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  const file = await open(path).catch((error) => {
    throw fileFailure(error, path);
  });
  try {
    const { size } = await file.stat();
    return await read(file, size);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EIO' || code === 'EISDIR') throw fileFailure(error, path);
    throw new UserError(
      {
        what: 'This is not a Parquet file that can be read.',
        where: path,
        expected:
          'columns of single values, compressed by Snappy, gzip, Brotli or Zstandard or not at all',
        found: bounded(message, 300),
        remedy: 'write it again, or write a .csv',
      },
      { cause: error },
    );
  } finally {
    await file.close();
  }
}
