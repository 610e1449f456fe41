import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('importing the package does not load libtensorflow', () => {
  // In a process of its own: another test may have loaded it into this one.
  const program = `
    const { predict } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    console.log(JSON.stringify([typeof predict, process.report.getReport().sharedObjects]));`;
  const node = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program];
  const { stdout } = spawnSync(process.execPath, node, { encoding: 'utf8' });
  const [kind, sharedObjects] = JSON.parse(stdout) as [string, string[]];
  expect(kind).toBe('function');
  expect(sharedObjects.length).toBeGreaterThan(0);
  expect(sharedObjects.filter((file) => /tensorflow|tfjs/.test(file))).toEqual([]);
});
