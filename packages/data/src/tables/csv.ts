import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import { bounded } from '@atelier/text';
import { CsvError, type Info, type Parser, parse } from 'csv-parse';
import { longestValue, type Table, type TableRow } from './table.ts';

interface Line {
  record: string[];
  info: Info;
}

/**
 * Opens a text of separated values (RFC 4180): UTF-8, with or without a byte order mark, lines that end
 * in CRLF, LF or CR, values in quotes. A file .tsv is separated by tabs; the first line of another tells
 * whether it is by commas, semicolons or tabs.
 * @throws UserError where there is no first line
 */
export async function openCsv(path: string): Promise<Table> {
  const delimiter = await delimiterOf(path);
  for await (const { record } of linesOf(path, delimiter))
    return {
      columns: record,
      rows: (columns) => rowsOf(path, delimiter, columns),
    };
  throw new UserError({
    what: 'This table is empty.',
    where: path,
    expected: 'a first line with the names of its columns, such as path,label',
    found: 'no line',
  });
}

async function* rowsOf(
  path: string,
  delimiter: string,
  columns: readonly number[],
): AsyncGenerator<TableRow> {
  let isHeader = true;
  for await (const { record, info } of linesOf(path, delimiter)) {
    if (!isHeader)
      yield { at: `line ${info.lines}`, values: columns.map((column) => record[column]) };
    isHeader = false;
  }
}

/** Bytes of which the first line's end is looked for. */
const longestHeader = 2 ** 16;

async function delimiterOf(path: string): Promise<string> {
  if (/^\.tsv$/i.test(extname(path))) return '\t';
  const chunks: Buffer[] = [];
  try {
    const beginning = createReadStream(path, { end: longestHeader - 1 });
    for await (const chunk of beginning) chunks.push(chunk as Buffer);
  } catch (error) {
    throw fileFailure(error, path);
  }
  const [header = ''] = Buffer.concat(chunks)
    .toString('latin1')
    .split(/[\r\n]/, 1);
  if (header.includes(',')) return ',';
  return header.includes(';') ? ';' : header.includes('\t') ? '\t' : ',';
}

/** Every line that is not empty, the first too. */
async function* linesOf(path: string, delimiter: string): AsyncGenerator<Line> {
  const parser = parse({
    ...{ delimiter, bom: true, info: true, trim: true, skip_empty_lines: true },
    max_record_size: 16 * longestValue,
  });
  // An error of the source ends the parser, too.
  pipeline(Readable.from(textOf(path)), parser, () => {});
  try {
    yield* parser as Parser & AsyncIterable<Line>;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw unreadable(path, error as CsvError & Partial<{ lines: number; record: string[] }>);
  } finally {
    parser.destroy();
  }
}

function unreadable(
  path: string,
  { code, message, lines = 0, record }: CsvError & Partial<{ lines: number; record: string[] }>,
): UserError {
  const at = `line ${lines}`;
  if (code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH') {
    const [, expected = 'as many'] = /expect (\d+)/.exec(message) ?? [];
    return wrong(path, at, `${expected} values, as the first line has`, `${record?.length}`);
  }
  const found =
    code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'a quote that is not closed'
      : code === 'CSV_MAX_RECORD_SIZE'
        ? `more than ${16 * longestValue} characters`
        : bounded(message, 300);
  return wrong(path, at, 'values as RFC 4180 writes them', found);
}

async function* textOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    for await (const chunk of createReadStream(path)) {
      const text = decoder.decode(chunk as Buffer, { stream: true });
      if (text !== '') yield text;
    }
    yield decoder.decode();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw error instanceof UserError ? error : fileFailure(error, path);
    throw new UserError({
      what: 'This table is not written in UTF-8.',
      where: `${path}, line ${await lineOfForeignBytes(path)}`,
      expected: 'UTF-8',
      found: 'bytes that are none',
      remedy: 'save it as "CSV UTF-8", or: iconv -f latin1 -t utf-8',
    });
  }
}

/** Reads it again: the decoder that refuses bytes does not say which. */
async function lineOfForeignBytes(path: string): Promise<number> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let line = 1;
  for await (const chunk of createReadStream(path)) {
    const [before = '', ...after] = decoder
      .decode(chunk as Buffer, { stream: true })
      .split('\ufffd');
    line += before.split('\n').length - 1;
    if (after.length > 0) break;
  }
  return line;
}

const wrong = (path: string, at: string, expected: string, found: string): UserError =>
  new UserError({
    what: 'A line of this table cannot be read.',
    where: `${path}, ${at}`,
    ...{ expected, found },
    remedy:
      'correct the line; a value that holds a comma, a quote or a line break stands in quotes',
  });
