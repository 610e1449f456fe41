import colors from 'picocolors';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bold, openConsole, ticked } from './console.ts';
import { explainError } from './exit.ts';

let written: string;
beforeEach(() => {
  written = '';
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      written += text;
      return true;
    });
});
afterEach(() => vi.restoreAllMocks());

/** Clears the screen, names the window, reorders the line; CSI in one byte. */
const evil = '\x1b[2J\x1b]0;mine\x07\u202e\x9b31m';
const shown = '\\u001b[2J\\u001b]0;mine\\u0007\\u202e\\u009b31m';

test('nothing that a line holds is obeyed by a terminal, and the own colours are', () => {
  const console = openConsole();
  console.line(`✓ data  already done by run ${evil}`, ticked);
  console.line(evil, bold);
  console.warn(`! ${evil}`);
  expect(written).toBe(
    [
      `${colors.green('✓')} data  already done by run ${shown}\n`,
      `${colors.bold(shown)}\n`,
      `${colors.yellow(`! ${shown}`)}\n`,
    ].join(''),
  );
});

test('a result is shown, too, and as JSON it is the same value', () => {
  const value = { status: evil };
  openConsole().result(JSON.stringify(value));
  expect(written).toContain(shown);
  expect(JSON.parse(written)).toEqual(value);
});

test('an error of a library is shown in bounds', () => {
  const { message } = explainError(new TypeError(`${evil}${'a'.repeat(20_000)}`));
  expect(message).toContain(`TypeError: ${shown}aaa`);
  expect(message.length).toBeLessThan(10_200);
});
