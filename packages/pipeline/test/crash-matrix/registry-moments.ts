import type { Moment } from './moments.ts';
import type { StorageEvent } from './storage-proxy.ts';

const moment = (
  name: string,
  title: string,
  key: RegExp,
  phase: StorageEvent['phase'] = 'arrived',
): Moment => ({
  name,
  title,
  recognise: () => (event) =>
    event.method === 'PUT' && event.phase === phase && key.test(event.key),
});

const entry = /^registry\/champions\/[^/]+\/champion\/\d{6}\.json$/;
const pointer = /^registry\/champions\/[^/]+\/champion\.json$/;
const file = /^champion\/.+\/model\.safetensors$/;
const manifest = /^champion\/.+\/manifest\.json$/;

/** In the order in which a decision comes to them. */
export const registryMoments: readonly Moment[] = [
  moment('put-forward', 'the run is about to be put forward', /^runs\/[^/]+\/put-forward\.json$/),
  moment('entry', "the log's entry is on its way", entry),
  moment('entered', 'the entry is there, the pointer is the old one', entry, 'answered'),
  moment('pointer', 'the pointer is on its way', pointer),
  moment('pointed', 'the pointer is moved, the files are the old ones', pointer, 'answered'),
  moment('publish', 'half of the model is on its way to the address that stays', file, 'half'),
  moment('published', 'the model is there', file, 'answered'),
  moment('manifest', 'the manifest is on its way', manifest),
  moment(
    'known',
    'the manifest is there, and it is about to be looked once more',
    manifest,
    'answered',
  ),
];
