import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openObjects } from '@atelier/artifacts';
import { decodeSafetensors, encodeSafetensors } from '@atelier/safetensors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveInitialModel } from '../src/commands/resolve-initial-model.ts';
import { namesOfRun } from '../src/retention/document-names.ts';
import type { Console } from '../src/terminal/console.ts';
import { type AtelierStack, quick, shareAtelierStack } from './atelier-stack.ts';

let at: AtelierStack;
let dataset: string;

beforeAll(async () => {
  at = await shareAtelierStack();
  dataset = await at.dataset('initialised');
});
afterAll(() => at?.stop());

const start = (run: string, ...flags: string[]) =>
  at.atelier(['start', '--dataset', dataset, '--run', run, '--json', ...quick, ...flags]);

const fine = ['--epochs', '2', '--freeze', 'backbone', '--keepCheckpoints', 'all'];

async function modelOf(run: string) {
  const ref = (await at.runRecord(run)).files['model/model.safetensors']!;
  return { ref, bytes: await at.store.getBlob(ref) };
}

test('a run begins with the weights of another one; what is frozen stays, and it says so', async () => {
  expect((await start('donor', '--epochs', '1')).code).toBe(0);
  const result = await start('tuned', ...fine, '--initialise', 'donor');
  expect(result.code).toBe(0);
  const { ref, bytes } = await modelOf('donor');
  const { configuration, notices, stages } = await at.runRecord('tuned');
  expect(configuration.initialise).toEqual({ from: 'run donor', model: ref });
  expect(stages.train.summary.initialised).toMatchObject({
    sha256: ref.sha256,
    anew: [],
    unused: [],
  });
  expect(notices.join()).toMatch(/begins with the weights of run donor\. (\d+) of \1 tensors/);
  const card = (await at.store.getRunFile('tuned', 'model-card.md'))!.toString();
  expect(card).toContain(`the weights of another model, SHA-256 ${ref.sha256.slice(0, 12)}`);
  const [before, after] = [bytes, (await modelOf('tuned')).bytes].map(
    (file) => decodeSafetensors(file, 'memory').tensors,
  );
  for (const name of Object.keys(before!))
    if (name.startsWith('head.')) expect(after![name]!.data).not.toEqual(before![name]!.data);
    else expect(after![name]!.data, name).toEqual(before![name]!.data);
});

test('killed in it, it gives the same bits', async () => {
  const { fingerprint } = (await at.runRecord('tuned')).stages.train;
  const objects = openObjects(at.stack.state.s3);
  const digests = async () =>
    (await at.store.readEpochs(fingerprint)).commits.map((it) => it.checkpoint.sha256);
  const before = await digests();
  await objects.remove(`stages/train/${fingerprint}/epochs/0002.json`);
  await objects.remove(`stages/train/${fingerprint}.json`);
  expect((await start('resumed', ...fine, '--initialise', 'donor')).code).toBe(0);
  const { train } = (await at.runRecord('resumed')).stages;
  expect(train).toMatchObject({ fingerprint, summary: { resumedAfter: 1 } });
  expect(await digests()).toEqual(before);
});

test('a file is put into the store, and stays while its run does; what does not fit is refused', async () => {
  const { ref, bytes } = await modelOf('donor');
  const { configuration } = await at.runRecord('donor');
  const said: string[] = [];
  const console = { line: (text: string) => void said.push(text) } as Console;
  const resolved = async (name: string, content: Uint8Array | undefined, change = {}) => {
    const file = join(at.folder, `${name}.safetensors`);
    if (content) await writeFile(file, content);
    return resolveInitialModel(at.store, file, { ...configuration, ...change }, console);
  };
  expect(await resolved('same', bytes)).toEqual({ from: 'same.safetensors', model: ref });
  const { tensors, metadata } = decodeSafetensors(bytes, 'memory');
  const { 'head.weight': head, ...others } = tensors;
  const body = await resolved(
    'body',
    encodeSafetensors({ tensors: { ...others, extra: head! }, metadata }),
  );
  expect(said.at(-1)).toMatch(/Made anew: head\.weight \(not there\)\. Of no use here: extra\./);
  const run = { status: 'running', startedAt: '2026-01-01T00:00:00Z' };
  const names = namesOfRun({ ...run, configuration: { ...configuration, initialise: body } });
  expect(names!.names.blobs.get(body.model.sha256)).toBe(body.model.bytes);

  await expect(
    resolved('other', encodeSafetensors({ tensors: { 'fc.bias': head! }, metadata })),
  ).rejects.toThrow(/no tensor has the name and the shape[\s\S]*fc\.bias \[/);
  const exported = encodeSafetensors({ tensors, metadata: { steps: '[]' } });
  await expect(resolved('export', exported)).rejects.toThrow(/is an export/);
  await expect(resolved('no', Buffer.from('no'))).rejects.toThrow(/not a valid safetensors file/);
  await expect(resolved('none', undefined)).rejects.toThrow(/cannot be read[\s\S]*ENOENT/);
  const path = join(at.folder, 'an export');
  await writeFile(path, exported);
  await expect(resolveInitialModel(at.store, path, configuration, console)).rejects.toThrow(
    /is an export/,
  );
  await expect(resolved('both', bytes, { adopt: {} })).rejects.toThrow(/--adopt and --initialise/);
  const { code, stderr } = await start('refused', '--freeze', 'conv1');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(
      /No tensor of the network has this name[\s\S]*backbone, a layer \(fc1/,
    ),
  });
  expect(stderr).not.toMatch(/^\s+at /m);
});
