/** One sweep in a process of its own, whose memory is measured. */
import { openObjects } from '@atelier/artifacts';
import { readCensus, removableRuns, sweep, usualTerms } from '@atelier/pipeline/retention';
import { openStoreOn } from '@atelier/pipeline/run-store';
import type { SweepMeasurement } from './retention.ts';

const store = openStoreOn(openObjects(JSON.parse(process.argv[2]!)));
// What was written a moment ago is old.
const clock = () => Date.now() + 2 * usualTerms.grace;
const seconds = (since: number): number => (performance.now() - since) / 1000;

const marking = performance.now();
const terms = { keepLast: 30, keepDays: 30, now: clock() };
const runs = removableRuns(await readCensus(store), terms);
const markSeconds = seconds(marking);
const sweeping = performance.now();
const swept = await sweep(store, { ...usualTerms, runs, by: 'benchmark', clock });
const measurement: SweepMeasurement = {
  removed: swept.objects,
  markSeconds,
  sweepSeconds: seconds(sweeping),
  peakBytes: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(JSON.stringify(measurement));
