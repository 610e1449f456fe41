import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '@atelier/files';
import { isRunning } from '@atelier/processes';
import { z } from 'zod';
import { readRecord, type StackPorts } from './stack-file.ts';

/** Of each stack of this user, by its folder: the ports that it was planned with. */
const reservationsSchema = z.record(z.string(), z.array(z.int()));
type Reservations = z.infer<typeof reservationsSchema>;

/**
 * The ports of the other stacks that run. One of their services may be down for a moment, between
 * two lives: its port is free then and nobody else's all the same.
 * @param folder what stacks share
 * @param home the stack that asks
 */
export async function portsOfOthers(folder: string, home: string): Promise<Set<number>> {
  const others = Object.entries(await readReservations(folder)).filter(([it]) => it !== home);
  const living = await Promise.all(
    others.map(async ([it, ports]) => ((await runs(it)) ? ports : [])),
  );
  return new Set(living.flat());
}

/** Notes a stack's ports, and forgets those of stacks that are gone. Under the lock of ports. */
export async function reservePorts(folder: string, home: string, ports: StackPorts): Promise<void> {
  const before = Object.entries(await readReservations(folder));
  const stay = await Promise.all(before.map(([it]) => runs(it)));
  const living = before.filter((_, i) => stay[i]);
  const reserved: Reservations = { ...Object.fromEntries(living), [home]: Object.values(ports) };
  await writeWhole(reservationsPath(folder), JSON.stringify(reserved, null, 2), { mode: 0o600 });
}

const reservationsPath = (folder: string): string => join(folder, 'ports.json');

async function runs(home: string): Promise<boolean> {
  const record = await readRecord(home).catch(() => undefined);
  return isRunning(record?.supervisor);
}

/** It only saves stacks from each other: where it cannot be read there are no reservations. */
async function readReservations(folder: string): Promise<Reservations> {
  try {
    return reservationsSchema.parse(JSON.parse(await readFile(reservationsPath(folder), 'utf8')));
  } catch {
    return {};
  }
}
