/** The race of sweeps and runs by hand: `npx nx run pipeline:sweep-race --rounds 200`. */
import { parseArgs } from 'node:util';
import { openObjects } from '@atelier/artifacts';
import { startTestStack } from '@atelier/infra';
import { raceSweep } from './sweep-race.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' } } });
const stack = await startTestStack();
try {
  const objects = openObjects({ ...stack.state.s3, ...stack.root, bucket: 'race' });
  await objects.makeBucket();
  const { rounds, removed, lost } = await raceSweep(objects, Number(values.rounds));
  process.stdout.write(
    `${rounds} rounds: the sweep removed something in ${removed}, lost ${lost}\n`,
  );
  process.exitCode = lost === 0 ? 0 : 1;
} finally {
  await stack.stop();
}
