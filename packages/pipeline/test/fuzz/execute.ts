import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isExplained } from '@atelier/errors';
import type { Target } from './targets.ts';

/** What no input may do. */
export interface Fault {
  kind: 'error' | 'time' | 'memory' | 'death';
  /** For people. */
  detail: string;
}

const longestSeconds = 1;
/** What decoding may take however small the input is: the garbage of earlier inputs is in it. */
const leastBytes = 64 * 2 ** 20;
const timesInput = 4;
const tries = 2;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The most memory that this process has had since it was last asked to forget; bytes. */
const peakMemory = (): number =>
  1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);

/** See clear_refs in proc(5). */
const forgetPeak = (): void => writeFileSync('/proc/self/clear_refs', '5');

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

/**
 * Decodes an input and says what is wrong with how that went: an error that explains nothing, more
 * than a second of processor time, or more memory than four times the input and 64 MiB. What may
 * have been an accident, such as garbage that was due, is tried again.
 */
export async function execute(target: Target, input: Uint8Array): Promise<Fault | undefined> {
  const limit = Math.max(leastBytes, timesInput * input.length);
  let fault: Fault | undefined;
  for (let left = tries; left > 0; left--) {
    if (left < tries) collectGarbage();
    forgetPeak();
    const before = peakMemory();
    const began = process.cpuUsage();
    const error = await decode(target, input);
    const { user, system } = process.cpuUsage(began);
    if (error !== undefined) return { kind: 'error', detail: describe(error) };
    const seconds = (user + system) / 1e6;
    const grown = peakMemory() - before;
    if (seconds > longestSeconds)
      fault = { kind: 'time', detail: `${seconds.toFixed(1)} s for ${input.length} bytes` };
    else if (grown > limit)
      fault = { kind: 'memory', detail: `${megabytes(grown)} for ${input.length} bytes` };
    else return undefined;
  }
  return fault;
}

/** The error that explains nothing, if there is one. */
async function decode(target: Target, input: Uint8Array): Promise<unknown> {
  try {
    await target.decode(input);
    return undefined;
  } catch (error) {
    return isExplained(error) ? undefined : (error ?? 'nothing was thrown');
  }
}

function describe(error: unknown): string {
  const { name, message, stack = '' } = error as Error;
  const at = stack.split('\n').find((line) => line.includes('/src/')) ?? '';
  return `${name}: ${message?.slice(0, 200)} ${at.trim()}`;
}
