import { existsSync } from 'node:fs';
import type { AtelierEnvironment } from './read-environment.ts';

/** Any of them shows that NVIDIA's driver is loaded; the last is the driver under WSL. */
const DRIVER_FILES = ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/dxg'];

export const hasNvidiaDriver = (): boolean => DRIVER_FILES.some(existsSync);

/** The device to compute on: the one that was set, else a GPU where its driver is loaded. */
export function chosenDevice({ device }: Pick<AtelierEnvironment, 'device'>): 'cpu' | 'gpu' {
  if (device !== 'auto') return device;
  return hasNvidiaDriver() ? 'gpu' : 'cpu';
}
