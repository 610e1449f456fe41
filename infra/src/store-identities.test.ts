import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { expect, test } from 'vitest';
import { storePolicy } from './store-identities.ts';

test('the policies that docs/operations.md gives for other services are these', () => {
  const path = join(readEnvironment({}).workspace, 'docs', 'operations.md');
  const section = readFileSync(path, 'utf8').split('### Who may do what in the store')[1]!;
  const shown = [...section.matchAll(/`(\w+)`:\n\n```json\n([\s\S]+?)```/g)];
  expect(shown.map(([, role]) => role)).toEqual(['writer', 'reader', 'pruner']);
  for (const [, role, policy] of shown)
    expect(JSON.parse(policy!)).toEqual(storePolicy(role as 'writer', 'atelier'));
});
