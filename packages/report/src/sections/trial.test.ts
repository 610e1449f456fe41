import { createHash } from 'node:crypto';
import { initialModel, type Network } from '@atelier/model';
import { expect, test } from 'vitest';
import { fixture } from '../../test/fixture.ts';
import { buildReport } from '../index.ts';
import { escapeHtml, html } from '../page/html.ts';
import { page } from '../page/page.ts';
import { hasRoom, trialScript } from './trial.ts';

const hostile = ['a', '</script><script>alert(1)</script>', '<!--', '\u2028${`'];
const { inputs, images } = fixture({ classes: hostile, examples: 60 });
const networkOf = (width: number): Network =>
  ({ ...inputs.network, widths: [width], residual: 0 }) as Network;
const network = networkOf(8);
const report = buildReport({ ...inputs, network });
const triedOf = (network: Network) =>
  ({ model: initialModel(network, 1), origin: { run: 'a', sha256: 'b' }, fit: 'cover' }) as const;
const script = () => trialScript(report, images, triedOf(network));

test('a page holds the network, in equal bytes, and its policy lets nothing else run', () => {
  const [one, other] = [script(), script()];
  expect(one === other).toBe(true);
  const parts = { title: 'a', header: html``, sections: [], footer: '' };
  const text = page({ ...parts, script: script() });
  const [before = '', found = '', after, ...more] = text.split(/<script type="module">|<\/script>/);
  expect([found === script(), more]).toEqual([true, []]);
  const hash = createHash('sha256').update(found).digest('base64');
  expect(before).toContain(
    escapeHtml(`; script-src 'sha256-${hash}'">`).replace('&quot;&gt;', '">'),
  );
  expect(after).toMatch(/^\s*<\/body>\s*<\/html>\s*$/);
  expect(found.includes('<!--')).toBe(false);
});

test('a network of more than a million parameters is left out of the page', () => {
  expect([8, 1_200, 1_300].map((width) => hasRoom(triedOf(networkOf(width))))).toEqual([
    true,
    true,
    false,
  ]);
});
