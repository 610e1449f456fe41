import { readFileSync } from 'node:fs';
import type { StageRecord } from '@atelier/artifacts';
import { expect, test } from 'vitest';
import { filesOf, type Outcomes } from '../stages/index.ts';
import { type FinishedRun, provenanceOf, statementSchema } from './statement.ts';

const recorded = (name: string) =>
  JSON.parse(
    readFileSync(new URL(`../../test/recorded/default/${name}.json`, import.meta.url), 'utf8'),
  );

const code = {
  sources: 'a'.repeat(64),
  lockfile: 'b'.repeat(64),
  commit: 'c'.repeat(40),
  dirty: true,
};
const trainer = { sources: 'd'.repeat(64) };

function finished(): FinishedRun {
  const { configuration, seed, stages, finishedAt, ...run } = recorded('run');
  const outcomes = stages as Outcomes;
  const train = { ...(recorded('train') as StageRecord), code: trainer };
  const files = filesOf(outcomes);
  return {
    ...{ run, config: configuration, source: undefined, seed, outcomes, files, finishedAt, code },
    records: { train, data: undefined },
  };
}

test('provenance names every file, every input and the code of every stage by digest', () => {
  const given = finished();
  const provenance = provenanceOf(given);
  expect(statementSchema.parse(provenance)).toEqual(provenance);
  const { sha256 } = given.outcomes.select!.outputs.model;
  expect(provenance.subject).toContainEqual({
    name: 'model/model.safetensors',
    digest: { sha256 },
  });
  const { buildDefinition } = provenance.predicate as unknown as {
    buildDefinition: {
      resolvedDependencies: { name: string; digest: Record<string, string> }[];
      internalParameters: { stages: Record<string, object> };
    };
  };
  const dependencies = buildDefinition.resolvedDependencies;
  const digests = (name: string) =>
    dependencies.filter((it) => it.name === name).map((it) => it.digest);
  for (const file of Object.values(given.config.dataset.files))
    expect(digests(file.name)).toEqual([{ sha256: file.follow ? '' : file.sha256 }]);
  expect(digests('sources')).toEqual([
    { gitCommit: code.commit, sha256: code.sources },
    { sha256: trainer.sources },
  ]);
  expect(digests('package-lock.json')).toEqual([{ sha256: code.lockfile }]);
  const { train, data } = buildDefinition.internalParameters.stages;
  expect(train).toMatchObject({
    fingerprint: given.outcomes.train!.fingerprint,
    outputs: given.outcomes.train!.outputs,
    code: trainer,
    inputs: { seed: given.seed },
    environment: expect.anything(),
  });
  // Its record is gone: what is not known is not said.
  expect(data).not.toHaveProperty('code');
  expect(JSON.stringify(provenance)).toBe(JSON.stringify(JSON.parse(JSON.stringify(provenance))));
});

test('an adopted epoch is an input', () => {
  const given = finished();
  const checkpoint = { sha256: 'e'.repeat(64), bytes: 1 };
  const adopt = { run: 'before', training: 'f'.repeat(64), epoch: 3, checkpoint };
  const text = JSON.stringify(provenanceOf({ ...given, config: { ...given.config, adopt } }));
  expect(text).toContain('{"name":"adopted checkpoint","digest":{"sha256":"eeee');
});
