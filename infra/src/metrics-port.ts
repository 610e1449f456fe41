import { UserError } from '@atelier/errors';
import type { StackOptions } from './plan-stack.ts';
import type { IsFree } from './ports.ts';
import type { StackPorts } from './stack-file.ts';

type Asked = StackOptions['metrics'];

/** Whether a stack with these ports serves metrics as it is asked to. */
export const keepsMetrics = ({ workerMetrics }: StackPorts, asked: Asked): boolean =>
  asked === undefined || asked === (workerMetrics ?? 'off');

/**
 * A stack's ports with that of its worker's metrics. It is not moved where it is taken, as the others
 * are: Prometheus was told of it.
 * @throws UserError for a port that is asked for now and that something else has
 */
export async function withMetrics(
  ports: StackPorts,
  asked: Asked,
  isFree: IsFree,
): Promise<StackPorts> {
  if (asked === undefined || keepsMetrics(ports, asked)) return ports;
  const { workerMetrics: _, ...others } = ports;
  if (asked === 'off') return others;
  if (await isFree(asked)) return { ...others, workerMetrics: asked };
  throw new UserError({
    what: 'The port for metrics is taken.',
    where: `127.0.0.1:${asked}`,
    expected: 'a port that nothing else listens at, and that no other stack of yours has',
    remedy: 'name another one, here and to Prometheus',
  });
}
