import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, isRunning, recordProcess } from '@atelier/processes';
import { type Keeper, keep } from './keeper.ts';
import { rotateLog } from './log-file.ts';
import { isSameService, type ServiceSpec } from './service-spec.ts';
import {
  logPath,
  planPath,
  readPlan,
  readRecord,
  type StackPlan,
  type SupervisorRecord,
  writeRecord,
} from './stack-file.ts';

export interface Supervisor {
  /** Reads the plan again and makes what runs equal to it. After a failure it can be asked again. */
  reconcile(): Promise<void>;
  /** Ends every service, those that depend on others first. */
  shutDown(): Promise<void>;
  /** Resolves with the reason once nobody needs this stack any more. */
  readonly abandoned: Promise<string>;
}

/**
 * Keeps the services of `<home>/stack.json` running and writes down in `supervisor.json` what runs.
 * Services that a killed supervisor left behind are taken over, or ended where the plan has changed.
 */
export async function supervise(home: string, say: (text: string) => void): Promise<Supervisor> {
  const keepers = new Map<string, Keeper>();
  const startedAt = new Date().toISOString();
  const self = recordProcess(process.pid);
  if (self === undefined) throw new Error('This process cannot see itself.');

  const leftBehind = await readRecord(home);
  const record = recorder(home, say, () => ({
    schemaVersion: 1,
    supervisor: self,
    startedAt,
    services: [...keepers.values()].map((keeper) => keeper.status()),
  }));

  let work = Promise.resolve();
  const inTurn = (action: () => Promise<void>): Promise<void> => {
    const done = work.then(action);
    // A failure is told to whoever asked, and must not be that of all that comes after it.
    work = done.catch(() => {});
    return done;
  };

  const isHealthy = (name: string): boolean =>
    keepers.get(name)?.status().status === 'healthy' || !keepers.has(name);

  function begin(spec: ServiceSpec): void {
    const orphan = leftBehind?.services.find(({ name }) => name === spec.name);
    const adopt =
      orphan && isSameService(orphan.spec, spec) && isRunning(orphan.process)
        ? orphan.process
        : undefined;
    const keeper = keep(spec, {
      logPath: logPath(home, spec.name),
      ...(adopt && { adopt }),
      ready: async (signal) => {
        while (!spec.after.every(isHealthy)) await sleep(50, undefined, { signal });
      },
      onChange: record.changed,
      say,
    });
    keepers.set(spec.name, keeper);
  }

  async function apply(plan: StackPlan): Promise<void> {
    const wanted = new Map(plan.services.map((spec) => [spec.name, spec]));
    const outdated = [...keepers.values()].filter(
      ({ spec }) => !isSameService(spec, wanted.get(spec.name)),
    );
    await stopInOrder(outdated);
    for (const { spec } of outdated) keepers.delete(spec.name);
    for (const spec of plan.services) if (!keepers.has(spec.name)) begin(spec);
    record.changed();
  }

  const plan = await readPlan(home);
  if (plan === undefined) throw new Error(`There is no plan at ${planPath(home)}.`);
  for (const orphan of leftBehind?.services ?? []) {
    const spec = plan.services.find(({ name }) => name === orphan.name);
    if (isSameService(orphan.spec, spec) || !isRunning(orphan.process)) continue;
    say(`${orphan.name}, left behind with other settings, is ended`);
    await endProcess(orphan.process!, orphan.spec.graceMs);
  }
  await apply(plan);

  return {
    reconcile: () =>
      inTurn(async () => {
        const next = await readPlan(home);
        if (next !== undefined) await apply(next);
      }),
    shutDown: () =>
      inTurn(async () => {
        await stopInOrder([...keepers.values()]);
        await record.written();
      }),
    abandoned: abandonment(home, plan, keepers),
  };
}

/** A service is stopped once those that come after it are. */
async function stopInOrder(keepers: Keeper[]): Promise<void> {
  const names = keepers.map(({ spec }) => spec.name);
  const dependents = keepers.filter(({ spec }) => spec.after.some((name) => names.includes(name)));
  const others = keepers.filter((keeper) => !dependents.includes(keeper));
  await Promise.all(dependents.map((keeper) => keeper.stop()));
  await Promise.all(others.map((keeper) => keeper.stop()));
}

/** One write at a time, and the newest state always last. */
function recorder(home: string, say: (text: string) => void, state: () => SupervisorRecord) {
  let dirty = false;
  let writing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    while (dirty) {
      dirty = false;
      await writeRecord(home, state()).catch((error: Error) =>
        say(`The state could not be written: ${error.message}`),
      );
    }
    writing = undefined;
  }

  return {
    changed(): void {
      dirty = true;
      writing ??= writeAll();
    },
    async written(): Promise<void> {
      await writing;
    },
  };
}

/** Read anew each time: another command may have joined, or have asked for the stack to stay. */
async function isLeftByBorrowers(home: string): Promise<boolean> {
  const plan = await readPlan(home).catch(() => undefined);
  return plan?.borrowers !== undefined && !plan.borrowers.some(isRunning);
}

async function abandonment(home: string, plan: StackPlan, keepers: Map<string, Keeper>) {
  for (let tick = 0; ; tick++) {
    await sleep(1_000, undefined, { ref: false });
    if (!existsSync(planPath(home))) return 'its folder is gone';
    if (plan.ownedBy && !isRunning(plan.ownedBy)) return 'the process it belongs to has ended';
    if (plan.borrowers && (await isLeftByBorrowers(home)))
      return 'the commands that it was started for have ended';
    if (tick % 60 !== 0) continue;
    for (const name of keepers.keys()) await rotateLog(logPath(home, name)).catch(() => {});
  }
}
