import { freeze } from './processes.ts';
import type { StorageFault } from './storage-proxy.ts';
import type { Strike } from './strike.ts';
import { pidOf } from './victims.ts';

const storageSeconds = 20;
const unreachableSeconds = 30;
/** Longer than any heartbeat's timeout. */
const silenceSeconds = 60;

/** Every request to the store fails like this for 20 s. */
export const storageFails =
  (fault: StorageFault): Strike =>
  async ({ storage }) => [
    storage.failFor(fault, 1000 * storageSeconds).then((failures) => {
      if (failures === 0) throw new Error('no request met the fault');
    }),
  ];

/** The worker cannot reach Temporal for 30 s. */
export const temporalUnreachable: Strike = async ({ temporal }) => [
  temporal.shutFor(1000 * unreachableSeconds),
];

/** A service takes connections and answers nothing for 60 s. */
export const silent =
  (service: 'temporal' | 'minio'): Strike =>
  async (bench) => [freeze(await pidOf(bench, service), 1000 * silenceSeconds)];
