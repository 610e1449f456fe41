import { UserError } from '@atelier/errors';
import { readEnvironment, stackStatus } from '@atelier/infra';
import { asUsage } from './command-failure.ts';

/** Serves task queues in the foreground, e.g. on a machine with a GPU. */
export async function worker(roles: string): Promise<void> {
  const { workerRoles } = await import('../worker/run-workers.ts');
  const chosen = await asUsage(() =>
    roles.split(',').map((name) => {
      const role = workerRoles.find((known) => known === name.trim());
      if (role !== undefined) return role;
      throw new UserError({
        what: 'There is no such role.',
        where: '--roles',
        expected: workerRoles.join(', '),
        found: JSON.stringify(name),
      });
    }),
  );
  const environment = readEnvironment();
  const { state } = await stackStatus(environment);
  const { serve } = await import('../worker/serve.ts');
  await serve(environment, chosen, state);
}
