import { availableParallelism } from 'node:os';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import { Contender } from './contender.ts';
import { updateDocument } from './generated-section.ts';
import { interleave } from './interleave.ts';
import { describeMachine } from './machine.ts';
import { rows } from './rows.ts';
import { formatThroughput, stepsPerSecond, type ThroughputResult } from './throughput-result.ts';
import { workload, writeData } from './workload.ts';

await command((flags) => withFolder((folder) => throughput(folder, flags)));

/** Measures one trainer with all threads against one trainer per core, in turn. */
async function throughput(directory: string, { smoke }: Flags): Promise<void> {
  const cores = availableParallelism();
  const [steps, count] = smoke ? [20, 2] : [1404, 7];
  await writeData(directory);
  const started: Contender[] = [];
  const trainer = async (threads: number) => {
    const work = workload({ steps, threads, directory });
    const contender = await Contender.start('a trainer', rows.compiled.program(), work);
    started.push(contender);
    return contender;
  };
  try {
    const together = [await trainer(cores)];
    const apart = [];
    for (let core = 0; core < cores; core++) apart.push(await trainer(1));
    const sides = [together, apart].map((trainers) => ({
      repetition: () => Promise.all(trainers.map((one) => one.repetition())),
    }));
    const measured = (await interleave(sides, { count })).map(stepsPerSecond);
    const result: ThroughputResult = {
      schemaVersion: 1,
      date: new Date().toISOString(),
      machine: describeMachine(together[0]!.ready.versions),
      rows: [
        { trainers: 1, threads: cores, stepsPerSecond: measured[0]! },
        { trainers: cores, threads: 1, stepsPerSecond: measured[1]! },
      ],
    };
    print(`\n${formatThroughput(result)}`);
    if (smoke) return;
    await writeResult('throughput', result);
    await updateDocument('throughput', formatThroughput(result));
  } finally {
    for (const contender of started) await contender.stop();
  }
}
