import { setImmediate as turn } from 'node:timers/promises';
import { UserError } from '@atelier/errors';
import { serveParent } from '@atelier/subprocess';
import { loadTensorFlow } from '@atelier/tensorflow';
import type { DescriptionRequest } from './describe-network.ts';
import { lookAtNetwork } from './look-at-network.ts';

serveParent(async (request: DescriptionRequest) => {
  loadTensorFlow({ threads: 1 });
  const failed: unknown[] = [];
  process.on('unhandledRejection', (reason) => failed.push(reason));
  const found = await lookAtNetwork(request);
  // What the module has not waited for would end the process that trains.
  await turn();
  if (failed.length === 0) return found;
  const [first] = String((failed[0] as Error)?.message ?? failed[0]).split('\n');
  throw new UserError({
    what: `The network's module leaves a promise behind that fails: ${first}`,
    where: request.name,
    expected: 'operations that are done when a function returns',
    remedy: 'correct it; docs/networks.md has what a module is given',
    mendedBy: [],
  });
});
