#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap, workspace } from '../bootstrap/bootstrap.mjs';

/**
 * `npm start`: everything from a fresh clone to a trained, evaluated and reported model.
 *
 * Runs the very command of `nx run train:start`, without Nx around it: Nx takes a second to start,
 * ends every failure with exit code 1, and prints its own report after the result, which with
 * `--json` has to be the last line.
 */
await bootstrap();

const atelier = join(workspace, 'packages', 'pipeline', 'bin', 'atelier.mjs');
const child = spawn(process.execPath, [atelier, 'start', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the child as well; this process only has to outlive it.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
