import { downloadDataset, readDescriptor } from '../src/index.ts';

/** Downloads by itself, so that a test can kill it: descriptor, directory and mirror as arguments. */
const [descriptor, directory, mirror] = process.argv.slice(2) as [string, string, string];
await downloadDataset({
  descriptor: await readDescriptor(descriptor),
  directory,
  mirrors: [mirror],
  proxies: { exceptions: [] },
});
