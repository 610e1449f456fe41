import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openAnsweringDecoder } from '@atelier/data';
import { imageSize } from '@atelier/data/image-shape';
import { openAnsweringModel } from '@atelier/evaluate';
import { encodeModel, initialModel } from '@atelier/model';
import { openModelSlot, openServer } from '@atelier/serve';
import { runChild } from '@atelier/subprocess';
import { openServiceMetrics } from '@atelier/telemetry';
import sharp from 'sharp';
import { closedLoop, type Load } from './closed-loop.ts';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import { markdownTable, updateDocument } from './generated-section.ts';
import { describeMachine, formatMachine, type Machine } from './machine.ts';
import type { Asking } from './serve-child.ts';
import { workload } from './workload.ts';

await command((flags) => withFolder((folder) => run(folder, flags)));

interface Row extends Load {
  what: string;
  askers: number;
}

/** Measures a service of the default network on this machine, client included, against the bare model. */
async function run(directory: string, { smoke }: Flags): Promise<void> {
  const seconds = smoke ? 1 : 10;
  const { network, normalisation, image } = workload({ steps: 1, threads: 1, directory });
  const modelPath = path.join(directory, 'model');
  await writeFile(modelPath, encodeModel(initialModel(network, 1)));
  const model = openAnsweringModel({ modelPath, normalisation }, () => {});
  const decoder = openAnsweringDecoder({ pixels: 2 ** 26, seconds: 10 });
  await Promise.all([model.ready, decoder.ready]);
  const slot = openModelSlot();
  const classes = Array.from({ length: network.classes }, (_, c) => `class ${c}`);
  slot.put(
    {
      ...{ run: 'benchmark', sha256: '', classes, image, probabilities: model.ask },
      decode: (bytes) => decoder.ask({ bytes, shape: image, fit: 'cover' }),
    },
    () => {},
  );
  const server = await openServer({
    ...{ address: { host: '127.0.0.1', port: 0 }, slot, telemetry: await openServiceMetrics() },
    onFailure: (error) => print(error.message),
  });
  const url = `http://127.0.0.1:${server.address.port}/predict?top=1`;
  const pixels = Uint8Array.from({ length: imageSize(image) }, (_, i) => (i * 37) % 256);
  const raw = { width: image.width, height: image.height, channels: 1 as const };
  const bodies = {
    'pixels in JSON': ['application/json', Buffer.from(JSON.stringify({ pixels: [...pixels] }))],
    'a PNG file of 28 × 28': ['image/png', await sharp(pixels, { raw }).png().toBuffer()],
  } as const;
  const rows: Row[] = [];
  try {
    for (const askers of [1, 64]) {
      rows.push({
        ...{ what: 'the model’s process, asked without HTTP', askers },
        ...(await closedLoop(askers, seconds, () => model.ask(pixels))),
      });
      for (const [what, [contentType, body]] of Object.entries(bodies))
        rows.push({
          ...{ what: `HTTP, ${what}`, askers },
          ...(await runChild<Asking, never, Load>({
            entry: new URL('./serve-child.ts', import.meta.url),
            name: 'The client',
            input: { url, contentType, body, askers, seconds },
          })),
        });
    }
  } finally {
    await server.close();
    await Promise.all([model.close(), decoder.close()]);
  }
  const machine = describeMachine({});
  const date = new Date().toISOString();
  const text = format(rows, machine, date);
  print(`\n${text}`);
  if (smoke) return;
  await writeResult('serve', { schemaVersion: 1, date, machine, seconds, rows });
  await updateDocument('serve', text);
}

function format(rows: readonly Row[], machine: Machine, date: string): string {
  return [
    `The default network, ${date.slice(0, 10)}, ${formatMachine(machine)}:`,
    markdownTable(
      ['what', 'at once', 'a second', 'median', 'p99'],
      rows.map(({ what, askers, perSecond, median, p99 }) => [
        ...[what, String(askers), Math.round(perSecond).toLocaleString('en')],
        ...[median, p99].map((milliseconds) => `${milliseconds.toFixed(1)} ms`),
      ]),
    ),
  ].join('\n\n');
}
