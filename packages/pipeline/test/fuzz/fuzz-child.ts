import { openSync, writeFileSync, writeSync } from 'node:fs';
import { serveParent } from '@atelier/subprocess';
import { openCoverage } from './coverage.ts';
import { diceOf } from './dice.ts';
import { execute } from './execute.ts';
import { mutate } from './mutate.ts';
import { type ChildMessage, type ChildRequest, currentFile, inputFile } from './protocol.ts';
import type { Target } from './targets.ts';

/** Targets take turns of so many inputs, after which is looked whether these came to new code. */
const turn = 25;
/** What comes to new code is changed further, unless it is too long for that to be quick. */
const longestParent = 100_000;

const coverage = openCoverage();
// What is loaded from here on is what is covered.
const { openTargets } = await import('./targets.ts');

serveParent<ChildRequest, ChildMessage, void>(async (request, { send }) => {
  const { seed, only, counts, skip, scratch } = request;
  const { executions = Number.POSITIVE_INFINITY, deadline = Number.POSITIVE_INFINITY } = request;
  const chosen = (await openTargets(scratch)).filter(
    ({ name }) => only?.some((part) => name.includes(part)) ?? true,
  );
  for (const { name } of chosen) counts[name] ??= 0;
  const pools = new Map(chosen.map(({ name, seeds }) => [name, [...seeds]]));
  const seen = new Set(coverage.take());
  const current = openSync(currentFile(scratch), 'w');

  /** @returns the inputs that it has decoded */
  async function takeTurn(target: Target): Promise<Uint8Array[]> {
    const { name, seeds, site } = target;
    const pool = pools.get(name)!;
    const tried: Uint8Array[] = [];
    while (tried.length < turn && counts[name]! < executions && Date.now() < deadline) {
      const index = counts[name]!++;
      const dice = diceOf(seed, site, index);
      // The seeds first, as they are.
      const input = seeds[index] ?? mutate(dice.pick(pool), pool, dice);
      if (skip.includes(`${name}/${index}`)) continue;
      writeFileSync(inputFile(scratch), input);
      const place = JSON.stringify({ pid: process.pid, target: name, index });
      writeSync(current, place.padEnd(200), 0);
      const fault = await execute(target, input);
      if (fault) await send({ finding: { ...fault, target: name, index, input } });
      else tried.push(input);
    }
    return tried;
  }

  /** Keeps those inputs from which others may come further than from the seeds. */
  async function keepPioneers(target: Target, tried: readonly Uint8Array[]): Promise<void> {
    const fresh = new Set(coverage.take().filter((block) => !seen.has(block)));
    if (fresh.size === 0) return;
    for (const input of tried) {
      await execute(target, input);
      const reached = coverage.take().filter((block) => fresh.delete(block));
      for (const block of reached) seen.add(block);
      if (reached.length > 0 && input.length <= longestParent) pools.get(target.name)!.push(input);
    }
    // What garbage collection or a timer brought about, and no input brings about again.
    for (const block of fresh) seen.add(block);
  }

  const isOver = () =>
    Date.now() >= deadline || chosen.every(({ name }) => counts[name]! >= executions);
  while (!isOver()) {
    for (const target of chosen) await keepPioneers(target, await takeTurn(target));
    await send({ counts, blocks: seen.size });
  }
});
