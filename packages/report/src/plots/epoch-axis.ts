import type { Room } from './plot.ts';

/** The size of a plot of epochs. @param legend whether there is one above it */
export const epochFrame = (room: Room, legend: boolean) => ({
  width: room === 'wide' ? 420 : 280,
  height: room === 'wide' ? 210 : 180,
  padding: { left: 52, right: 14, top: legend ? 34 : 10, bottom: 40 },
});

/** Where a field `epoch` is drawn, from the first epoch to the last. */
export const epochAxis = (first: number, last: number) => ({
  field: 'epoch',
  type: 'quantitative' as const,
  scale: {
    // A single epoch stands in the middle.
    domain: first === last ? [first - 0.5, last + 0.5] : [first, last],
    nice: false,
  },
  axis: { title: 'epoch', format: 'd', tickMinStep: 1, tickCount: 6 },
});
