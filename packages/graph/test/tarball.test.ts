import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeBlocks } from './code-blocks.ts';
import { installPackage, type Project } from './installed-package.ts';

const root = join(import.meta.dirname, '..');
const pages = ['README.md', 'docs/optimizers.md', 'docs/porting-tf-layers.md'];
const examples = pages.flatMap((page) =>
  codeBlocks(readFileSync(join(root, page), 'utf8'))
    .filter(({ language }) => ['js', 'ts'].includes(language))
    .map((block, i) => ({ ...block, name: `${page}, ${i + 1}` })),
);

let project: Project;
beforeAll(async () => {
  project = await installPackage(examples);
});
afterAll(() => project?.remove());

test('the tarball holds what is published, and nothing that is not', () => {
  const { files } = project;
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'package.json', 'dist/index.d.ts']));
  const built = /^dist\/.*\.(js|js\.map|d\.ts)$/;
  const read = /^(LICENSE|package\.json|README\.md|docs\/.*\.md)$/;
  expect(files.filter((path) => !built.test(path) && !read.test(path))).toEqual([]);
  expect(files.filter((path) => path.includes('.test.'))).toEqual([]);
});

test('what its pages link to is in it', () => {
  const pages = project.files.filter((path) => path.endsWith('.md'));
  const links = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#:\s]+)[)#]/g)].map(
      ([, path]) => ({ page, path: join(dirname(page), path!) }),
    ),
  );
  expect(links).toContainEqual({ page: 'README.md', path: 'docs/convolutions.md' });
  expect(links.filter(({ path }) => !project.files.includes(path))).toEqual([]);
});

test.each(examples.map(({ name, prints }, i) => [name, i, prints] as const))(
  'an example runs as it stands where the package was installed: %s',
  async (_, i, prints) => {
    expect(prints).toBeDefined();
    expect(await project.print(i)).toBe(prints);
  },
);
