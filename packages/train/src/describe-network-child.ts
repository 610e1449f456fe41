import { serveParent } from '@atelier/subprocess';
import { loadTensorFlow } from '@atelier/tensorflow';
import type { DescriptionRequest } from './describe-network.ts';
import { lookAtNetwork } from './look-at-network.ts';

serveParent(async (request: DescriptionRequest) => {
  loadTensorFlow({ threads: 1 });
  return lookAtNetwork(request);
});
