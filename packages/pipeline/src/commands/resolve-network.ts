import { imageShape } from '@atelier/data/image-shape';
import { describeNetwork } from '@atelier/train/describe-network';
import { isAsked } from '../configuration/run-options.ts';
import type { AskedConfig, RunConfig } from '../run-configuration.ts';
import type { Store } from '../run-store.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';

/**
 * A configuration whose network is known: a module that a person wrote is looked at, and put into the
 * store, so that any worker trains it, also when the file is gone or has changed.
 */
export async function withNetwork(
  store: Store,
  { network, ...config }: AskedConfig,
  console: Console,
): Promise<RunConfig> {
  if (!isAsked(network)) return { ...config, network };
  const { height, width, channels } = imageShape(config.dataset);
  console.status('looking at the network');
  const described = await asUsage(async () => {
    const { bundleNetwork } = await import('./bundle-network.ts');
    const { name, source } = await bundleNetwork(network.module);
    const { options } = network;
    const image = { height, width, channels };
    const { classes } = config.dataset;
    const found = await describeNetwork({ name, source, options, image, classes: classes.length });
    await store.putBlob(Buffer.from(source), 'text/javascript; charset=utf-8');
    return found;
  });
  console.clear();
  return { ...config, network: described };
}
