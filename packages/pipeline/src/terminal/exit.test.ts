import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { explainError } from './exit.ts';

const program = `
  import { endWhenUnread } from ${JSON.stringify(new URL('exit.ts', import.meta.url).href)};
  endWhenUnread();
  setInterval(() => process.stdout.write('a line\\n'), 1);
`;

test('a command whose reader goes away ends without a word', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, errors }).toEqual({ code: 141, errors: '' });
});

test('what the disk refuses is explained wherever in a command it comes from', () => {
  const error = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', path: '/a' });
  expect(explainError(error)).toEqual({
    message: expect.stringMatching(/^The disk is full\.\n +where: \/a\n.*\n.*free some space/),
    exitCode: 1,
  });
});
