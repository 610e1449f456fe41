import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { UserError } from '@atelier/errors';
import { command, print } from './command.ts';
import { isComplete, pythonEnvironment, requirements } from './python-environment.ts';

const isSupported = 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))';

await command(setup);

/** Installs the Python packages that are compared with into an environment of their own. */
async function setup(): Promise<void> {
  const environment = pythonEnvironment();
  const { directory, interpreter, completed } = environment;
  if (isComplete(environment)) return print(`${directory} is there already.`);
  await run('python3', ['-c', isSupported], 'Python 3.10 to 3.13 as python3 is needed.');
  // What an interrupted installation left.
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  // pip reaches into the environment from outside: Debian's Python comes without ensurepip.
  await run('python3', ['-m', 'venv', '--without-pip', directory], 'No environment was made.');
  print(
    'Installing PyTorch and JAX; on Linux x64 this takes 3.5 GB of downloads and 6 GB of disk.',
  );
  const pip = ['-m', 'pip', '--python', interpreter, 'install'];
  const plain = ['--no-deps', '--disable-pip-version-check', '--requirement', requirements];
  await run('python3', [...pip, ...plain], 'The packages could not be installed.');
  await run(
    interpreter,
    ['-c', 'import torch, torchvision, jax'],
    'The packages were installed but do not load.',
  );
  await writeFile(completed, '');
  print(`${directory} is ready.`);
}

function run(program: string, parameters: string[], otherwise: string): Promise<void> {
  const failure = (found: string) =>
    new UserError({ what: otherwise, where: [program, ...parameters].join(' '), found });
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { stdio: 'inherit' });
    child.on('error', (error) => reject(failure(error.message)));
    child.on('exit', (code, signal) =>
      code === 0 ? resolve() : reject(failure(`exit code ${code ?? signal}`)),
    );
  });
}
