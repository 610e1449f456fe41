import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Environment } from './index.ts';

const run = promisify(execFile);
const entry = new URL('./index.ts', import.meta.url).href;

/**
 * What a process of its own says of itself, since a process loads the library once.
 * @param setting of TF_NUM_INTRAOP_THREADS
 */
async function environmentWith(setting: string | undefined, threads: number): Promise<Environment> {
  const program = `
    import { describeEnvironment } from ${JSON.stringify(entry)};
    const environment = describeEnvironment({ threads: ${threads} });
    process.stdout.write('\\n' + JSON.stringify(environment) + '\\n');`;
  const node = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program];
  const env = {
    TF_CPP_MIN_LOG_LEVEL: '3',
    ...(setting !== undefined && { TF_NUM_INTRAOP_THREADS: setting }),
  };
  const { stdout } = await run(process.execPath, node, { env });
  return JSON.parse(stdout.split('\n').find((line) => line.startsWith('{'))!) as Environment;
}

test.each([
  ['3', 3],
  ['0', availableParallelism()],
  ['all', availableParallelism()],
])('a person’s TF_NUM_INTRAOP_THREADS=%s is what the environment tells', async (setting, told) => {
  expect((await environmentWith(setting, 1)).threads).toBe(told);
});

test('a number of threads that would end the process is refused', async () => {
  await expect(environmentWith('-1', 1)).rejects.toThrow(
    /UserError: TensorFlow cannot[\s\S]*TF_NUM_INTRAOP_THREADS[\s\S]*found: -1/,
  );
});

test('the environment names library, device and threads', async () => {
  const environment = await environmentWith(undefined, 1);
  expect(environment.tensorflow).toMatch(/^2\.\d+\.\d+/);
  expect(environment.deviceName).not.toBe('');
  expect(environment.threads).toBe(1);
});

test('who asks for the processor sees no GPU', async () => {
  const program = `
    import { loadTensorFlow } from ${JSON.stringify(entry)};
    loadTensorFlow({ device: 'cpu' });
    process.stdout.write('\\n' + process.env.CUDA_VISIBLE_DEVICES + '\\n');`;
  const node = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program];
  const { stdout } = await run(process.execPath, node, {
    env: { TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '0' },
  });
  expect(stdout.trim().split('\n').at(-1)).toBe('-1');
});
