import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import {
  awaitFreePorts,
  CLOSED_TO_BROWSERS,
  chooseClosedPorts,
  choosePorts,
  isPortFree,
} from './ports.ts';

const taken =
  (...ports: number[]) =>
  async (port: number): Promise<boolean> =>
    !ports.includes(port);

test('the usual ports are chosen when they are free', async () => {
  expect(await choosePorts({ a: 7233, b: 9000 }, taken())).toEqual({ a: 7233, b: 9000 });
});

test('the next in steps of ten replaces one that is taken', async () => {
  const wanted = { a: 7233, b: 9000 };
  expect(await choosePorts(wanted, taken(7233, 7243))).toEqual({ a: 7253, b: 9000 });
});

test('two names never share a port', async () => {
  expect(await choosePorts({ a: 7233, b: 7243, c: 7233 }, taken(7233))).toEqual({
    a: 7243,
    b: 7253,
    c: 7263,
  });
});

test('when all are taken, the error says for which and where it looked', async () => {
  await expect(choosePorts({ ui: 8233 }, async () => false)).rejects.toThrow(
    /No free port was found for ui[\s\S]*8233, 8243/,
  );
});

test('ports closed to browsers come before all others', async () => {
  const [first, second, third] = CLOSED_TO_BROWSERS as [number, number, number];
  expect(await chooseClosedPorts({ a: 7243, b: 7244 }, taken(first))).toEqual({
    a: second,
    b: third,
  });
  expect(await chooseClosedPorts({ a: third, b: third }, taken())).toEqual({ a: third, b: first });
  const ordinary = await chooseClosedPorts({ a: 1 }, taken(...CLOSED_TO_BROWSERS, 7243));
  expect(ordinary).toEqual({ a: 7253 });
});

test('a port that something listens on is not free', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  expect(await isPortFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isPortFree(port)).toBe(true);
});

test('ports that become free are waited for, others not for ever', async () => {
  let looks = 0;
  await awaitFreePorts([7233, 9000], 5_000, async (port) => port === 9000 || ++looks > 2);
  expect(looks).toBe(3);
  const began = performance.now();
  await awaitFreePorts([7233], 100, taken(7233));
  expect(performance.now() - began).toBeGreaterThanOrEqual(100);
});

test('port 2, where tests find nobody listening, is none that a stack takes', () => {
  expect(CLOSED_TO_BROWSERS).not.toContain(2);
});
