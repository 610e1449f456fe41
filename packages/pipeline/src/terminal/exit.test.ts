import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';

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
