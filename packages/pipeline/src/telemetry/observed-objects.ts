import type { Objects } from '@atelier/artifacts';
import { isExplained, isUserError } from '@atelier/errors';
import type { Telemetry } from './telemetry.ts';

/** Asks the service for nothing; and what it gives is a secret. */
const unobserved = ['presign'];

/** The same objects, each call measured and, within a span, traced by its name and key. */
export function observedObjects(objects: Objects, { metrics, tracing }: Telemetry): Objects {
  type Call = (...args: unknown[]) => Promise<unknown>;
  const observed = (operation: string, call: Call): Call => {
    const timed: Call = async (...args) => {
      const started = performance.now();
      const told = (outcome: string): void =>
        metrics.observe(
          'storeSeconds',
          { operation, outcome },
          (performance.now() - started) / 1000,
        );
      try {
        const result = await call(...args);
        told('ok');
        return result;
      } catch (error) {
        told(isExplained(error) && isUserError(error) ? 'refused' : 'failed');
        throw error;
      }
    };
    return (...args) => {
      const [key] = args;
      const attributes = typeof key === 'string' ? { 'atelier.store.key': key } : {};
      const fields = { name: `store ${operation}`, kind: 'client' as const, attributes };
      return tracing.within(fields, () => timed(...args));
    };
  };
  return Object.fromEntries(
    Object.entries(objects).map(([name, value]) =>
      typeof value !== 'function' || unobserved.includes(name)
        ? [name, value]
        : [name, observed(name, value as Call)],
    ),
  ) as unknown as Objects;
}
