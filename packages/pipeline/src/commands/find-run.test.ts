import { expect, test } from 'vitest';
import { findRun } from './find-run.ts';
import type { Session } from './session.ts';

test.each(['a'.repeat(300), '../other', 'a\x1b[31m'])(
  'the name %j is refused before Temporal is asked',
  async (name) => {
    const refused = findRun({} as Session, name);
    await expect(refused).rejects.toMatchObject({ exitCode: 2 });
    await expect(refused).rejects.toThrow(/up to 100 letters/);
  },
);
