// Stands in for the worker: says what it was given, and takes its leave on SIGTERM.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { ATELIER_HOME = '', ...others } = process.env;
writeFileSync(
  join(ATELIER_HOME, 'fixture-worker.json'),
  JSON.stringify({ pid: process.pid, ...others }),
);
process.on('SIGTERM', () => {
  writeFileSync(join(ATELIER_HOME, 'fixture-worker-left'), 'gracefully');
  process.exit(0);
});
setInterval(() => {}, 60_000);
