import { until } from '../until.ts';
import type { Cell } from './cells.ts';
import { childrenOf } from './processes.ts';
import type { StorageEvent } from './storage-proxy.ts';
import type { TestBench } from './test-bench.ts';

export interface Watch {
  /** @throws where the moment never came or the strike missed */
  settled(): Promise<{ recoverySeconds?: number }>;
  stop(): void;
}

/** Cells in which training stands still until somebody has taken over. */
const interrupting = ['worker', 'all'];
const trainingMoments = ['before-train', 'upload', 'during-train', 'commit'];

/** Strikes at a cell's moment, and measures how long it takes until training goes on. */
export function watchFor(bench: TestBench, { moment, strike, victim }: Cell): Watch {
  const isMoment = moment?.recognise();
  let met = false;
  let struck: Promise<Promise<unknown>[]> | undefined;
  let struckAt: number | undefined;
  let recovered: number | undefined;

  async function act(): Promise<Promise<unknown>[]> {
    const { home } = bench.stack.environment;
    const child = moment?.child;
    const isThere = async () => (await childrenOf(home, [child!])).length > 0 || undefined;
    if (child !== undefined) await until(`a ${child}`, isThere, 10);
    struckAt = performance.now();
    const goingOn = await strike!(bench);
    // Whoever settles the cell hears of a failure; until then it must not end this process.
    for (const work of goingOn) work.catch(() => {});
    return goingOn;
  }

  bench.storage.watch = async (event) => {
    if (struckAt !== undefined && recovered === undefined && isCommit(event))
      recovered = performance.now();
    if (met || !isMoment?.(event)) return;
    met = true;
    struck = act();
    // Looked at when the run is over; the request goes on meanwhile.
    await struck.catch(() => {});
  };

  return {
    async settled() {
      if (moment === undefined) return {};
      if (struck === undefined) throw new Error(`the moment ${moment.name} never came`);
      await Promise.all(await struck);
      const measured =
        recovered !== undefined &&
        interrupting.includes(victim ?? '') &&
        trainingMoments.includes(moment.name);
      return measured ? { recoverySeconds: (recovered! - struckAt!) / 1000 } : {};
    },
    stop() {
      bench.storage.watch = undefined;
    },
  };
}

const isCommit = ({ phase, method, key }: StorageEvent): boolean =>
  phase === 'arrived' && method === 'PUT' && /^stages\/train\/[0-9a-f]{64}\/epochs\//.test(key);
