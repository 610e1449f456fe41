import { join } from 'node:path';
import { bootstrapSettings, readEnvironment } from '@atelier/environment';
import { isExplained } from '@atelier/errors';
import { writeWhole } from '@atelier/files';
import { provisioningKey, stampPath } from '../bootstrap/provisioned.mjs';
import type { Log } from './command-log.ts';
import { ADDON_PATH } from './provision/addon.ts';
import { provision } from './provision/provision.ts';
import { tfjsNodeFolder } from './provision/tensorflow-addon.ts';

/** Provisions this checkout and notes that it did, so that the next start can skip it. */
const log: Log = {
  info: (message) => process.stderr.write(`${message}\n`),
  warn: (message) => process.stderr.write(`${message}\n`),
};

try {
  const environment = readEnvironment();
  const { workspace } = environment;
  const startedAt = performance.now();
  const programs = await provision(environment, log);
  const paths = [
    join(tfjsNodeFolder(), ADDON_PATH),
    join(tfjsNodeFolder(), 'deps', 'lib', 'libtensorflow.so.2'),
    ...Object.values(programs),
  ];
  const key = provisioningKey(workspace, bootstrapSettings());
  await writeWhole(stampPath(workspace), JSON.stringify({ key, paths }, null, 2), { flush: true });
  const seconds = (performance.now() - startedAt) / 1000;
  if (seconds > 2) log.info(`Provisioned in ${seconds.toFixed(0)} s.`);
} catch (error) {
  if (!isExplained(error)) throw error;
  log.warn(error.message);
  process.exitCode = 1;
}
