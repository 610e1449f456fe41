import type { TestBench } from './test-bench.ts';

/**
 * What befalls a run at a moment. It is awaited before the worker's request goes on; what goes on
 * beyond that is returned, and has to succeed before the cell is over.
 */
export type Strike = (bench: TestBench) => Promise<Promise<unknown>[]>;
