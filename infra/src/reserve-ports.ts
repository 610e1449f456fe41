import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '@atelier/files';
import { isRunning, recordProcess, withLock } from '@atelier/processes';
import { z } from 'zod';
import { type IsFree, isPortFree } from './ports.ts';
import { portNumbers, readRecord, recordedProcessSchema, type StackPorts } from './stack-file.ts';

/** Of each stack of this user, by its folder: its ports, and who planned it. */
const reservationsSchema = z.record(
  z.string(),
  z.object({ ports: z.array(z.int()), by: recordedProcessSchema.optional() }),
);
type Reservations = z.infer<typeof reservationsSchema>;

/**
 * Chooses a stack's ports among those that are free and that no other stack of this user has. A
 * service may be down for a moment, before its first life or between two: its port is free then,
 * and nobody else's all the same.
 * @param folder what stacks share
 * @param home the stack that asks
 */
export function reservePorts(
  folder: string,
  home: string,
  choose: (isFree: IsFree) => Promise<StackPorts>,
): Promise<StackPorts> {
  return withLock(join(folder, 'ports.lock'), async () => {
    const others = await livingReservations(folder, home);
    const taken = new Set(Object.values(others).flatMap(({ ports }) => ports));
    const chosen = await choose(async (port) => !taken.has(port) && (await isPortFree(port)));
    const own = { ports: portNumbers(chosen), by: recordProcess(process.pid) };
    await writeWhole(pathIn(folder), JSON.stringify({ ...others, [home]: own }, null, 2), {
      mode: 0o600,
    });
    return chosen;
  });
}

const pathIn = (folder: string): string => join(folder, 'ports.json');

/** Those of other stacks which run, or which somebody is about to start. */
async function livingReservations(folder: string, home: string): Promise<Reservations> {
  const found = Object.entries(await readReservations(folder)).filter(([other]) => other !== home);
  const living = await Promise.all(
    found.map(async ([other, { by }]) => {
      // Who planned it may live on, as a process that runs many tests does.
      if (!existsSync(other)) return false;
      const record = await readRecord(other).catch(() => undefined);
      return isRunning(by) || isRunning(record?.supervisor);
    }),
  );
  return Object.fromEntries(found.filter((_, i) => living[i]));
}

/** It only keeps stacks from each other: where it cannot be read, nothing is reserved. */
async function readReservations(folder: string): Promise<Reservations> {
  try {
    return reservationsSchema.parse(JSON.parse(await readFile(pathIn(folder), 'utf8')));
  } catch {
    return {};
  }
}
