import { expect, test } from 'vitest';
import { formatEntry } from './worker-log.ts';

test('what a server or a record says stays on the line of its event', () => {
  const message = 'http://a.example/ (503 \x1b[2J\x9b31m)\n2026-01-01T00:00:00.000Z INFO  Forged';
  const line = formatEntry({
    level: 'WARN',
    timestampNanos: 0n,
    message,
    meta: { error: new Error(message), failure: 'x'.repeat(20_000), workflowType: 'not shown' },
  } as never);
  expect(line).toMatch(/^1970-01-01T00:00:00.000Z WARN {2}http:/);
  expect(line).not.toContain('\n');
  expect(line).toContain('\\u001b[2J\\u009b31m) | 2026-01-01');
  expect(line).toContain('… (10,000 more characters)');
  expect(line).not.toContain('not shown');
});
