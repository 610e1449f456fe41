/**
 * Random programs by hand: `npx nx run graph:random-programs --minutes 60 --seed 7`. Ends with the seed and
 * the smallest program found that gives compiled something else than eagerly, or with how many were tried.
 */
import { parseArgs } from 'node:util';
import { loadTensorFlow } from '@atelier/tensorflow';
import { checkPrograms } from './random-programs.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: `${Date.now() % 2 ** 31}` },
  },
});
loadTensorFlow();
const seed = Number(values.seed);
process.stdout.write(`seed ${seed}\n`);
const checked = checkPrograms({ seed, seconds: 60 * Number(values.minutes) });
process.stdout.write(`${checked} programs give compiled what they give eagerly\n`);
