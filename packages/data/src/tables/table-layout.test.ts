import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importFolder } from '../pictures/import-folder.ts';
import { readTable } from './table-layout.ts';

let scratch: string;
let made = 0;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tables-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

async function tableOf(content: string | Uint8Array, ending = 'csv'): Promise<string> {
  const path = join(scratch, `${++made}.${ending}`);
  await writeFile(path, content);
  return path;
}

test.each([
  ['commas', 'path,label\na/1.png,cat\nb.png,dog\n', 'csv'],
  [
    'a byte order mark, CRLF and an empty line',
    '\ufeffpath,label\r\na/1.png,cat\r\n\r\nb.png,dog',
    'csv',
  ],
  ['quotes', '"label","path"\n"cat","a/1.png"\ndog,"b.png"\n', 'csv'],
  ['semicolons', 'Path;Label;note\na/1.png;cat;x,y\nb.png;dog;\n', 'csv'],
  ['tabs', 'file_name\tcategory\na/1.png\tcat\n./b.png\tdog\n', 'tsv'],
  ['spaces', 'image path, class name\na//1.png , cat\n b.png, dog\n', 'csv'],
  ['a better known column', 'class,label,path,image\n9,cat,a/1.png,x\n9,dog,b.png,y\n', 'csv'],
])('a text with %s is read', async (_, content, ending) => {
  expect(await readTable(await tableOf(content, ending))).toEqual({
    classes: ['cat', 'dog'],
    files: [
      { path: 'a/1.png', of: 'cat', set: undefined },
      { path: 'b.png', of: 'dog', set: undefined },
    ],
    ...{ hasTest: false, others: 0 },
  });
});

test('values in quotes hold what they like, numbers are classes in their order, sets are named', async () => {
  const path = await tableOf(
    'path,label,split\n"a, ""b""\n c.png",10,Train\nd.png,9,test\ne.png,0,training\n',
  );
  expect(await readTable(path)).toEqual({
    classes: ['0', '9', '10'],
    files: [
      { path: 'a, "b"\n c.png', of: '10', set: 'train' },
      { path: 'd.png', of: '9', set: 'test' },
      { path: 'e.png', of: '0', set: 'train' },
    ],
    ...{ hasTest: true, others: 0 },
  });
});

test.each(['none', 'snappy', 'gzip', 'brotli', 'zstd'])(
  'a Parquet file of pyarrow with compression %s is read, over groups of rows',
  async (compression) => {
    const { files, ...layout } = await readTable(fixture(`${compression}.parquet`));
    expect(layout).toEqual({ classes: ['apple', 'pear'], hasTest: true, others: 0 });
    expect(files).toEqual(
      Array.from({ length: 30 }, (_, i) => ({
        path: `${'ab'[i % 2]}/picture ${i}.png`,
        of: ['apple', 'pear'][i % 2],
        set: i % 5 === 0 ? 'test' : 'train',
      })),
    );
  },
);

test('numbers of a Parquet file are classes', async () => {
  const { classes, hasTest, files } = await readTable(fixture('numbers.parquet'));
  expect({ classes, hasTest, count: files.length }).toEqual({
    ...{ classes: ['0', '1'], hasTest: false, count: 30 },
  });
});

const csv = (...lines: string[]): string => `${['path,label', ...lines].join('\n')}\n`;

test.each<[string, string | Uint8Array, object]>([
  ['that is empty', '', { what: /empty/ }],
  [
    'without a header',
    'a.png,cat\nb.png,dog\n',
    { what: /no column of paths/, found: /a.png, cat/ },
  ],
  [
    'without labels',
    'path\na.png\n',
    { what: /no column of labels/, remedy: /name the column label/ },
  ],
  [
    'with two columns of paths',
    'file,image,label\n',
    { what: /not clear which column/, found: /file, image, label/ },
  ],
  ['of one class', csv('a,x', 'b,x'), { expected: '2 to 256 classes', found: 'x' }],
  [
    'of classes that look alike',
    csv('a,x', 'b,X\u200b'),
    { where: /csv, line 3$/, expected: /control|mark|invisible|shows|seen/ },
  ],
  ['with too few values', csv('a,x', 'b'), { where: /line 3/, expected: /2 values/, found: '1' }],
  ['with too many values', csv('a,b,x'), { where: /line 2/, found: '3' }],
  ['with a quote that is not closed', csv('"a,x', 'b,y'), { found: /not closed/ }],
  [
    'with a value beyond all bounds',
    csv(`${'a'.repeat(200_000)},x`),
    { found: /131072 characters/ },
  ],
  [
    'in another encoding',
    Buffer.from(csv('gr\xfcn.png,x'), 'latin1'),
    { what: /UTF-8/, where: /csv, line 2$/, remedy: /iconv/ },
  ],
  [
    'in another encoding far from its beginning',
    Buffer.from(
      csv(...Array.from({ length: 9000 }, (_, i) => `${i}.png,x`), 'gr\xfcn.png,x'),
      'latin1',
    ),
    { where: /csv, line 9002$/ },
  ],
  [
    'that ends within a letter',
    Buffer.concat([Buffer.from(csv('a.png,x', 'b.png,')), Buffer.from([0xc3])]),
    { what: /UTF-8/, where: /csv, line \d+$/ },
  ],
  ['with an empty path', csv(',x'), { where: /line 2, column path/, found: 'none' }],
  ['with an empty label', csv('a, '), { where: /line 2, column label/, what: /no class/ }],
  [
    'with a path twice',
    csv('a/b,x', 'c,y', './a//b,y'),
    { where: /line 4/, found: /a\/b, which line 2 has/ },
  ],
  ['with a path that leads out', csv('a/../../b,x'), { where: /line 2/, found: 'a/../../b' }],
  ['with a path from the root', csv('/etc/passwd,x'), { remedy: /above the pictures/ }],
  ['with a path of Windows', csv('a\\b.png,x'), { remedy: /write \/ in the place/ }],
  ['with a drive', csv('C:/b.png,x'), { found: 'C:/b.png' }],
  ['with an address', csv('https://example.org/b.png,x'), { remedy: /address/ }],
  ['with NUL', csv('a\0,x'), { what: /path/ }],
  [
    'with another set',
    'path,label,split\na,x,train\nb,y,val\n',
    { where: /line 3, column split/, found: 'val', remedy: /validation/ },
  ],
])('a text %s is refused, with its line', async (_, content, failure) => {
  await expectFailure(await tableOf(content), failure);
});

test('what is no Parquet file, or announces what cannot be in it, is refused', async () => {
  const whole = await readFile(fixture('snappy.parquet'));
  const notParquet = /not a Parquet file/;
  await expectFailure(await tableOf('path,label', 'parquet'), { what: notParquet, found: /PAR1/ });
  await expectFailure(await tableOf('', 'parquet'), { what: notParquet });
  await expectFailure(await tableOf(whole.subarray(9), 'parquet'), { what: notParquet });
  await expectFailure(fixture('lz4.parquet'), { what: notParquet, found: /LZ4/ });
  await expectFailure(fixture('missing.parquet'), { where: /row 3, column path/, found: 'none' });
  // The metadata's second field, after its version, is the list of columns: of 2^31 - 1.
  const longer = Buffer.from(whole);
  const footer = whole.length - 8 - whole.readUInt32LE(whole.length - 8);
  expect([...longer.subarray(footer, footer + 4)]).toEqual([0x15, 0x04, 0x19, 0x5c]);
  longer.set([0xfc, 0xff, 0xff, 0xff, 0xff, 0x07], footer + 3);
  await expectFailure(await tableOf(longer, 'parquet'), { found: /2147483647 do not fit/ });
});

async function expectFailure(path: string, failure: object): Promise<void> {
  const found = await failureFrom(UserError, readTable(path));
  for (const [part, text] of Object.entries(failure))
    expect(found[part as 'what'], part).toMatch(text);
  expect(found.where).toContain(path);
}

test('the pictures of a table become a dataset as those of folders do', async () => {
  const folder = join(scratch, 'with pictures');
  await mkdir(join(folder, 'all'), { recursive: true });
  const names = Array.from({ length: 20 }, (_, i) => `all/${i}.png`);
  for (const [i, name] of names.entries()) {
    const background = { r: 10 * i, g: 10 * i, b: 10 * i };
    await sharp({ create: { width: 4, height: 4, channels: 3, background } })
      .png()
      .toFile(join(folder, name));
  }
  await writeFile(join(folder, 'all', '7.png'), 'no picture');
  const table = join(folder, 'list.csv');
  await writeFile(
    table,
    csv(...names.map((name, i) => `${name},${'xy'[i % 2]}`), 'all/gone.png,x').replace(
      'gone.png',
      '20.png',
    ),
  );
  const job = {
    ...{ folder, table, directory: folder, name: 'mine', title: 'Mine', fit: 'cover' as const },
    shape: { height: 2, width: 2, channels: 1 },
  };
  const { descriptor, list } = await importFolder(job, new AbortController().signal, () => {});
  expect(descriptor).toMatchObject({
    format: 'folder',
    classes: ['x', 'y'],
    counts: { leftOut: 2 },
  });
  expect(list.leftOut.map(({ path }) => path)).toEqual(['all/7.png', 'all/20.png']);
  expect(list.pictures.map(({ label }) => label)).toEqual(
    names.flatMap((_, i) => (i === 7 ? [] : [i % 2])),
  );
});
