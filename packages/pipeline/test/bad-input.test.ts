import { randomInt } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BlobRef, blobKey, openObjects } from '@atelier/artifacts';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cachedImport, readDataSource } from '../src/commands/data-source.ts';
import { createReach } from '../src/retention/census.ts';
import { readCensus } from '../src/retention/read-census.ts';
import { dataPlan } from '../src/stages/data/plan.ts';
import { evaluatePlan } from '../src/stages/evaluate/plan.ts';
import {
  type AtelierStack,
  type CommandResult,
  quick,
  shareAtelierStack,
  stackTrace,
} from './atelier-stack.ts';

let at: AtelierStack;
let dataset: string;

beforeAll(async () => {
  at = await shareAtelierStack();
  dataset = await at.dataset('bad-input');
});
afterAll(() => at?.stop());

function expectError(result: CommandResult, code: number, ...parts: (string | RegExp)[]): void {
  for (const part of parts) expect(result.stderr).toMatch(part);
  expect(result.output).not.toMatch(stackTrace);
  expect(result.code).toBe(code);
}

test.each([
  [['--epochs', '0'], /--epochs[\s\S]*at least 1[\s\S]*found: 0/],
  [['--epoch', '3'], /unknown option '--epoch'/],
  [['--dataset', 'absent.json'], /absent\.json/],
  [['--run', 'a/b'], /--run/],
  [['--fresh', 'training'], /--fresh[\s\S]*one of data, train, select[\s\S]*"training"/],
])('start %j is refused before anything starts', async (flags, message) => {
  expectError(await at.atelier(['start', ...flags]), 2, message);
});

test.each([
  [['deploy', '--help'], /unknown command 'deploy'/],
  [['help', 'deploy'], /unknown command 'deploy'/],
  [['--help', 'deploy'], /unknown command 'deploy'/],
  [['folow', '-h'], /unknown command 'folow'\s+\(Did you mean follow\?\)/],
])('%j is an error that names the commands', async (args, message) => {
  expectError(await at.atelier(args), 2, message, /^Commands: start, .*follow, .*worker$/m);
});

test('what the dataset cannot be trained with is refused before a run starts', async () => {
  const start = (...flags: string[]) => at.atelier(['start', '--dataset', dataset, ...flags]);
  const large = await start('--batchSize', '601', '--run', 'large');
  expectError(
    large,
    2,
    /recipe\.batchSize[\s\S]*at most 600[\s\S]*found: 601[\s\S]*--batchSize 600/,
  );
  const lonely = await start('--batchSize', '599', '--run', 'lonely');
  expectError(lonely, 2, /one image of 600 for the last batch[\s\S]*--batchSize 598/);

  const descriptor = JSON.parse(await readFile(dataset, 'utf8'));
  const altered = async (name: string, change: (files: typeof descriptor) => void) => {
    const copy = { ...structuredClone(descriptor), name };
    change(copy);
    await writeFile(join(at.folder, 'bad-input', `${name}.json`), JSON.stringify(copy));
    return at.atelier(['start', '--dataset', `bad-input/${name}.json`, '--run', name]);
  };
  const forged = await altered('forged', ({ files }) => {
    files.trainImages.sha256 = 'a'.repeat(64);
  });
  expectError(forged, 2, /train-images[\s\S]*a{64}/);
  const many = await altered('many', (whole) => {
    whole.validationCount = 200;
  });
  expectError(many, 2, /validationCount[\s\S]*1 to 199[\s\S]*found: 200/);
  const moved = await altered('moved', (whole) => {
    whole.mirrors = ['file:///nowhere'];
  });
  expectError(moved, 2, /No mirror has train-images[\s\S]*\/nowhere/);

  const known = await at.store.listRuns();
  for (const run of ['large', 'lonely', 'forged', 'many', 'moved'])
    expect(known).not.toContain(run);
});

test('a wrong descriptor is replaced while nothing was computed from it', async () => {
  const path = await at.served('replaced', { seed: randomInt(2 ** 31) });
  const right = JSON.parse(await readFile(path, 'utf8'));
  const wrong = structuredClone(right);
  wrong.name = 'misnamed';
  wrong.files.trainImages.sha256 = 'b'.repeat(64);
  const wrongPath = join(at.folder, 'wrong.json');
  await writeFile(wrongPath, JSON.stringify(wrong));
  const run = ['--run', 'replaced', ...quick, '--epochs', '2'];
  const parked = await at.atelier(['start', '--dataset', wrongPath, ...run]);
  expectError(parked, 1, /b{64}/, /^ {2}npx atelier retry replaced --dataset <file>$/m);
  expect(parked.stderr).toMatch(/^ {2}npx atelier retry replaced --mirror <url>$/m);

  const folder = await at.atelier(['retry', 'replaced', '--dataset', at.folder]);
  expectError(folder, 2, /dataset descriptor cannot be read[\s\S]*a folder[\s\S]*--mirror file:/);
  const mended = await at.atelier(['retry', 'replaced', '--dataset', path, '--json']);
  expect(mended.code).toBe(0);
  const out = await at.atelier(['fetch', 'replaced', '--out', wrongPath]);
  expectError(out, 1, /A file stands where a folder is needed: where the files go \(--out\)/);
  const { configuration, stages } = await at.runRecord('replaced');
  expect(configuration.dataset).toEqual(right);
  const { inputs } = (await at.store.readStage(dataPlan.record, stages.data.fingerprint))!;
  expect(inputs.dataset).toMatchObject({ name: 'replaced', files: right.files });
});

test('a cnn on a folder of pictures names what it leaves out, keeps what it was made of, and goes on bit for bit', async () => {
  const folder = join(at.folder, 'the photos');
  for (const [label, colour] of [
    ['red', { r: 200, g: 30, b: 20 }],
    ['blé', { r: 20, g: 40, b: 220 }],
  ] as const) {
    await mkdir(join(folder, label), { recursive: true });
    for (let i = 0; i < 30; i++) {
      const background = { ...colour, g: colour.g + i };
      const size = { width: 10 + i, height: 12, channels: 3 as const };
      const path = join(folder, label, `${i}.png`);
      await sharp({ create: { ...size, background } })
        .png()
        .toFile(path);
    }
  }
  await writeFile(join(folder, 'red', 'broken.png'), 'no picture');
  const convolutions = ['--engine', 'eager', '--architecture', 'cnn', '--filters', '4,6'];
  const training = [
    ...convolutions,
    '--epochs',
    '2',
    '--batchSize',
    '16',
    '--learningRate',
    '0.01',
  ];
  const kept = ['--keepCheckpoints', 'all', '--run'];
  const flags = ['--data', folder, '--size', '8x12', ...training];
  const started = await at.atelier(['start', ...flags, ...kept, 'photos']);
  await rm(dirname(cachedImport(readDataSource(folder), { size: '8x12' })), { recursive: true });
  expect(started.stdout).toMatch(/Imported 60 pictures of 2 classes from .* 8 × 12 pixels in 3/);
  expect(started.stderr).toMatch(/1 file was left out:\n +red\/broken.png: it is no PNG/);
  expect(started.code, started.output).toBe(0);

  const { configuration, stages } = await at.runRecord('photos');
  const { dataset: described } = configuration;
  expect(described).toMatchObject({ name: 'the-photos', classes: ['blé', 'red'] });
  const { manifest } = stages.data.outputs;
  const prepared = JSON.parse((await at.store.getBlob(manifest)).toString());
  expect(prepared).toMatchObject({ channels: 3, validationFrom: 'train', height: 8, width: 12 });
  // Its pictures are much alike, and the report shows them, wherever the folder is.
  const alike: { path: string }[][] = prepared.contract.pictures.nearDuplicates.examples;
  const report = (await at.store.getRunFile('photos', 'report.html'))!.toString();
  const [, shown = ''] = report.split('<ul class="pictures alike">');
  const found = [
    ...shown
      .split('</ul>')[0]!
      .matchAll(/<img src="data:image\/png;base64,[^"]+" width="12" height="8" alt="([^"]+)">/g),
  ];
  expect(alike.length).toBeGreaterThan(0);
  expect(found.map(([, path]) => path)).toEqual(alike.flat().map(({ path }) => path));
  // Whatever becomes of the folder, and whichever machine goes on.
  const needed = createReach(await readCensus(at.store))({ runs: ['photos'] });
  const { files } = described as unknown as { files: Record<string, BlobRef> };
  const list = JSON.parse((await at.store.getBlob(files.list!)).toString());
  for (const { sha256, bytes } of Object.values(files)) {
    expect(await at.store.inspectBlob({ sha256, bytes }, 'content')).toBeUndefined();
    expect(needed.keys).toContain(blobKey({ sha256, bytes }));
  }

  // A run that adopts the first epoch trains the second one to the same bits, without the folder.
  const again = join(at.folder, 'photos-again.json');
  await writeFile(again, JSON.stringify(described));
  const adopt = ['--dataset', again, '--adopt', 'photos', '--adoptEpoch', '1'];
  const adopted = await at.atelier(['start', ...adopt, ...training, ...kept, 'adopted']);
  expect(adopted.code, adopted.output).toBe(0);
  const digests = async (run: string) => {
    const { fingerprint } = (await at.runRecord(run)).stages.train;
    const { commits } = await at.store.readEpochs(fingerprint);
    return { fingerprint, epochs: commits.map(({ checkpoint }) => checkpoint.sha256) };
  };
  const [own, theirs] = [await digests('adopted'), await digests('photos')];
  expect(own.fingerprint).not.toBe(theirs.fingerprint);
  expect(own.epochs).toEqual(theirs.epochs);
  expect(new Set(own.epochs).size).toBe(2);

  // The same pictures below a prefix of the store: the same pixels, and what has changed is noticed.
  const objects = openObjects(at.stack.state.s3);
  for (const { path } of list.pictures)
    await objects.put(`incoming/the photos/${path}`, await readFile(join(folder, path)));
  await objects.put('incoming/the photos/notes.txt', Buffer.from('nobody asks'));
  const address = `s3://${objects.bucket}/incoming/the photos`;
  const fetching = ['import', address, '--size', '8x12', '--out', 'fetched.json'];
  const fetched = await at.atelier([...fetching, '--json']);
  expect(fetched.code, fetched.output).toBe(0);
  const written = JSON.parse(fetched.stdout.trim().split('\n').at(-1)!);
  expect(written.files.train.sha256).toBe(files.train!.sha256);
  expect(written.files.test.sha256).toBe(files.test!.sha256);
  const [one, another] = list.pictures;
  await objects.put(`incoming/the photos/${one.path}`, await readFile(join(folder, another.path)));
  const changed = await at.atelier(fetching);
  expectError(changed, 2, /has other pictures/, `1 changed (${one.path})`, /--force/);
  const nothing = await at.atelier(['import', `s3://${objects.bucket}/nothing/here`]);
  expectError(nothing, 2, /nothing to train on/);
  const foreign = await at.atelier(['import', 's3://somebody-elses/photos']);
  expectError(foreign, 2, /somebody-elses/);
});

test('a parked run goes on where it stopped once its cause is mended', async () => {
  // A dataset that no cache of downloads has.
  const unseen = await at.dataset('unseen', { seed: randomInt(2 ** 31) });
  const descriptor = JSON.parse(await readFile(unseen, 'utf8'));
  const [mirror] = descriptor.mirrors as string[];
  const path = join(at.folder, 'moved.json');
  const [served] = JSON.parse(await readFile(await at.served('empty'), 'utf8')).mirrors;
  const nowhere = { ...descriptor, name: 'moved', mirrors: [`${served}/nowhere`] };
  await writeFile(path, JSON.stringify(nowhere));
  const moved = ['--dataset', path];
  const parked = await at.atelier(['start', ...moved, ...quick, '--epochs', '2', '--run', 'moved']);
  expectError(parked, 1, /nowhere/, /^ {2}npx atelier retry moved --mirror <url>$/m);
  expect(parked.stderr).not.toContain('--dataset');
  // Lists are a little behind.
  const newest = async () => JSON.parse((await at.atelier(['runs', '--json'])).stdout)[0];
  await expect
    .poll(newest, { timeout: 60_000 })
    .toMatchObject({ runId: 'moved', status: 'parked', stage: 'data' });

  expectError(await at.atelier(['retry', 'moved', '--stage', 'train']), 1, /expected data/);
  expectError(await at.atelier(['retry', 'moved', '--mirror', 'ftp://x']), 1, /mirrors: expected/);
  expectError(
    await at.atelier(['retry', 'moved', '--threads', '0']),
    1,
    /threads: expected at least 1; found 0/,
  );
  const all = ['--evaluationBatch', 'all'];
  expectError(await at.atelier(['retry', 'moved', ...all]), 1, /evaluationBatch: .*found "all"/);
  const mended = await at.atelier([
    'retry',
    'moved',
    '--mirror',
    mirror!,
    '--evaluationBatch',
    '7',
    '--json',
  ]);
  expect(mended.code).toBe(0);
  expect(mended.json()).toMatchObject({ runId: 'moved' });
  // What it was retried with reached the stage that it is for.
  const { fingerprint } = (await at.runRecord('moved')).stages.evaluate;
  expect((await at.store.readStage(evaluatePlan.record, fingerprint))?.inputs.batch).toBe(7);
});

test('a parked run can be given up', async () => {
  // Nobody knows its size before it is there.
  const served = await at.served('hopeless', { seed: randomInt(2 ** 31) });
  const start = ['start', '--dataset', served, '--batchSize', '700', '--run', 'hopeless'];
  expectError(await at.atelier(start), 1, /at most 600/, /No retry can mend this/);
  const mirror = ['retry', 'hopeless', '--mirror', 'https://example.org'];
  expectError(await at.atelier(mirror), 1, /mirrors: it is for stage data, which is done already/);
  const aborted = await at.atelier(['abort', 'hopeless', '--reason', 'too large']);
  expect(aborted).toMatchObject({
    code: 0,
    stdout: 'Run hopeless: Aborted at stage train: too large\n',
  });
  expectError(await at.atelier(['follow', 'hopeless']), 1, /Aborted at stage train: too large/);
  expectError(await at.atelier(['retry', 'hopeless']), 1, /hopeless refused this/);
  expect((await at.runRecord('hopeless')).status).toBe('aborted');
});

test('a run that nobody knows is named', async () => {
  for (const command of ['follow', 'cancel', 'retry', 'abort'])
    expectError(await at.atelier([command, 'nobody']), 1, /no run nobody/);
  expectError(await at.atelier(['fetch', 'nobody']), 1, /no run nobody/);
  expectError(await at.atelier(['fetch', 'hopeless']), 1, /has no report[\s\S]*aborted/);
});

test('external services that refuse or do not answer are named', async () => {
  const { s3, temporal } = at.stack.state;
  // A home of its own: the commands are not to touch the stack of this test.
  const external = {
    ATELIER_HOME: join(at.folder, 'elsewhere'),
    TEMPORAL_ADDRESS: temporal.address,
    ATELIER_S3_ENDPOINT: s3.endpoint,
    ATELIER_S3_ACCESS_KEY: s3.accessKey,
    ATELIER_S3_SECRET_KEY: s3.secretKey,
  };
  const start = (change: Record<string, string>) =>
    at.atelier(['start', '--dataset', dataset, '--detach'], { ...external, ...change });
  const wrong = { ATELIER_S3_SECRET_KEY: 'not-the-secret' };
  expectError(await start(wrong), 1, /refused the credentials/);
  expectError(await start({ ATELIER_S3_BUCKET: 'Not_A_Bucket' }), 2, /ATELIER_S3_BUCKET/);
  expectError(await start({ ATELIER_S3_ENDPOINT: 'http://127.0.0.1:2' }), 1, /ECONNREFUSED/);
  const away = { TEMPORAL_ADDRESS: '127.0.0.1:2' };
  expectError(await start(away), 1, /Temporal does not answer[\s\S]*127\.0\.0\.1:2/);
  expect((await start({})).code).toBe(0);
});

test('a schedule that cannot be is refused', async () => {
  const schedule = ['schedule', '--dataset', dataset];
  expectError(await at.atelier([...schedule, '--cron', 'now and then']), 2, /--cron/);
  expectError(await at.atelier([...schedule, '--timezone', 'Nowhere/City']), 2, /Nowhere\/City/);
});
