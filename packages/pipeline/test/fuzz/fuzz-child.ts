import { openSync, writeSync } from 'node:fs';
import { serveParent } from '@atelier/subprocess';
import { execute } from './execute.ts';
import { type ChildMessage, type ChildRequest, currentFile, inputOf } from './protocol.ts';
import { openTargets } from './targets.ts';

/** Targets take turns of so many inputs. */
const turn = 50;

serveParent<ChildRequest, ChildMessage, void>(async (request, { send }) => {
  const { seed, counts, skip, executions = Number.POSITIVE_INFINITY, scratch } = request;
  const { deadline = Number.POSITIVE_INFINITY } = request;
  const targets = (await openTargets(scratch)).filter(({ name }) => name in counts);
  const current = openSync(currentFile(scratch), 'w');
  const tell = (target: string, index: number) =>
    writeSync(current, `${JSON.stringify({ pid: process.pid, target, index })}`.padEnd(200), 0);
  const isOver = () =>
    Date.now() > deadline || targets.every(({ name }) => counts[name]! >= executions);
  while (!isOver()) {
    for (const target of targets) {
      const { name } = target;
      for (let left = turn; left > 0 && counts[name]! < executions; left--) {
        const index = counts[name]!++;
        if (skip.includes(`${name}/${index}`)) continue;
        tell(name, index);
        const fault = await execute(target, inputOf(target, seed, index));
        if (fault) await send({ finding: { ...fault, target: name, index } });
      }
      if (Date.now() > deadline) break;
    }
    await send({ counts });
  }
});
