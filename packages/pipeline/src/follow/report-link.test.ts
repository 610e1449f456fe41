import { parseDocument, sha256 } from '@atelier/artifacts';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { reportLink } from './report-link.ts';

const report = Buffer.from('<!doctype html>');

/** @param page what lies where the report should */
const storeWith = (page: Buffer | undefined, digest = sha256(report)) => ({
  async readRunDocument<T>(_run: string, _name: string, schema: z.ZodType<T>) {
    const files = { 'report.html': { sha256: digest, bytes: report.length } };
    const content = Buffer.from(JSON.stringify({ files }));
    return { etag: 'etag', content, ...parseDocument(content, schema) };
  },
  getRunFile: async () => page,
  runFileUrl: async () => 'http://store/report.html',
});

test('a link leads to the report that the run wrote, or is not given out', async () => {
  expect(await reportLink(storeWith(report), 'r')).toEqual({ url: 'http://store/report.html' });
  const other = Buffer.from('<!doctype html><script>');
  expect((await reportLink(storeWith(other), 'r')).problem).toMatch(/not the one/);
  expect((await reportLink(storeWith(undefined), 'r')).problem).toMatch(/gone/);
  expect((await reportLink(storeWith(report, 'no digest'), 'r')).url).toBeNull();
});
