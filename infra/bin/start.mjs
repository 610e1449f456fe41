#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap, workspace } from '../bootstrap/bootstrap.mjs';

/** `npm start`: everything from a fresh clone to a trained, evaluated and reported model. */
// biome-ignore lint/style/noProcessEnv: nothing is installed yet; it is only handed on
await bootstrap(process.env);

const nx = join(workspace, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
const child = spawn(process.execPath, [nx, 'run', 'train:start', ...process.argv.slice(2)], {
  cwd: workspace,
  stdio: 'inherit',
});
// A terminal sends its signals to the whole group; this process only has to outlive the child.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (!process.stdin.isTTY || signal !== 'SIGINT') child.kill(signal);
  });
}
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
