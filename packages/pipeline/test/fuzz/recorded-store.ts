import { readdirSync, readFileSync } from 'node:fs';

const bucket = new URL('../recorded/bucket/', import.meta.url);
const read = (key: string): Buffer => readFileSync(new URL(key, bucket));

interface Ref {
  sha256: string;
}
interface Stage {
  fingerprint: string;
  outputs: Record<string, Ref>;
}

/** What a run once left in a store (see recorded.test.ts), to make inputs of. */
export function recordedStore() {
  const blobOf = ({ sha256 }: Ref): Buffer => read(`blobs/sha256/${sha256.slice(0, 2)}/${sha256}`);
  const { stages } = JSON.parse(read('runs/recorded/run.json').toString()) as {
    stages: Record<string, Stage>;
  };
  const epochs = `stages/train/${stages.train!.fingerprint}/epochs/`;
  const [epoch = ''] = readdirSync(new URL(epochs, bucket));
  const commit = read(epochs + epoch);
  const record = (stage: string): Buffer =>
    read(`stages/${stage}/${stages[stage]!.fingerprint}.json`);
  return {
    /** What a stage gave. */
    blob: (stage: string, output: string): Buffer => blobOf(stages[stage]!.outputs[output]!),
    checkpoint: blobOf((JSON.parse(commit.toString()) as { checkpoint: Ref }).checkpoint),
    /** A stage's record. */
    record,
    /** The same of a gate, which that run did not have. */
    gateRecord(): Buffer {
      const { outputs, ...report } = JSON.parse(record('report').toString());
      return Buffer.from(
        JSON.stringify({
          ...{ ...report, stage: 'promote' },
          outputs: { promotion: outputs.json, page: outputs.html },
          summary: { outcome: 'held', sentence: 'Held: it recalls fewer of a class.', number: 2 },
        }),
      );
    },
    /** The record of an epoch. */
    commit,
    runFile: (name: string): Buffer => read(`runs/recorded/${name}`),
  };
}
