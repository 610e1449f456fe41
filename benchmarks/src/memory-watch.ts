import { readdirSync, readFileSync } from 'node:fs';

/** Peak memory of a process, and what it is. */
export interface ProcessPeak {
  what: string;
  /** Bytes that were resident at most, by Linux's account (VmHWM). */
  peakBytes: number;
}

/** Processes by a part of their command lines. */
const known = {
  'trainer-main': 'the trainer',
  'prepare-child': 'the process that reads the dataset',
  'prediction-child': 'the process that predicts the test split',
  'worker-main': 'the worker',
  'atelier.mjs': 'the command',
};

const every = 200;

/** Watches the processes that start from now on, all of this machine, until it is stopped. */
export function watchMemory(): { stop(): ProcessPeak[] } {
  const before = new Set(processes());
  const peaks = new Map<string, number>();
  const look = (): void => {
    for (const pid of processes()) {
      if (before.has(pid)) continue;
      const found = peakOf(pid);
      if (found) peaks.set(found.what, Math.max(peaks.get(found.what) ?? 0, found.peakBytes));
    }
  };
  const timer = setInterval(look, every);
  return {
    stop() {
      clearInterval(timer);
      look();
      return Object.values(known).flatMap((what) => {
        const peakBytes = peaks.get(what);
        return peakBytes === undefined ? [] : [{ what, peakBytes }];
      });
    },
  };
}

const processes = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

function peakOf(pid: string): ProcessPeak | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const part = Object.keys(known).find((name) => command.includes(name)) as keyof typeof known;
    if (part === undefined) return undefined;
    const [, kibibytes] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s*(\d+)/)!;
    return { what: known[part], peakBytes: Number(kibibytes) * 1024 };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
