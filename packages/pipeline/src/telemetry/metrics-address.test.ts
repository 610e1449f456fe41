import { expect, test } from 'vitest';
import { localMetricsPort, metricsAddress } from './metrics-address.ts';

test('a worker serves metrics wherever it is told to', () => {
  expect(metricsAddress(undefined)).toBeUndefined();
  expect(metricsAddress('0.0.0.0:9464')).toEqual({ host: '0.0.0.0', port: 9464 });
  expect(metricsAddress('[::1]:9464')).toEqual({ host: '::1', port: 9464 });
  for (const text of ['9464', '127.0.0.1', 'http://127.0.0.1:9464', '127.0.0.1:99999', ''])
    expect(() => metricsAddress(text), text).toThrow(/127\.0\.0\.1:9464/);
});

test('the local stack serves them to this machine alone', () => {
  expect(localMetricsPort('127.0.0.1:9464')).toBe(9464);
  expect(localMetricsPort('localhost:9464')).toBe(9464);
  expect(localMetricsPort('off')).toBe('off');
  expect(localMetricsPort(undefined)).toBeUndefined();
  for (const text of ['0.0.0.0:9464', '192.168.1.2:9464', 'gpu.example:9464'])
    expect(() => localMetricsPort(text), text).toThrow(/for this machine alone/);
});
