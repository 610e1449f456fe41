import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { compileLoop, type Forms } from '@atelier/graph';
import { encodeSafetensors, type Tensor as StoredTensor } from '@atelier/safetensors';
import { describeEnvironment } from '@atelier/tensorflow';
import { bufferLayout, initialState, toDevice } from '@atelier/train/step';
import type { Tensor } from '@tensorflow/tfjs-core';
import { orderedStep, readInputs } from './ordered-steps.ts';
import type { Workload } from './workload.ts';

/**
 * Runs a workload's steps once and writes what run_program.py compares with: workload.json,
 * before.safetensors (the program's parameters in their order, less what the workload's formulas
 * give) and after.safetensors (its results in their order). XLA writes the program itself. A program
 * with other forms than this device's is compiled only: it gives the same, here at many times the cost.
 */
const [json, folder, chosen] = process.argv.slice(2) as [string, string, string];
const workload = JSON.parse(json) as Workload & { compared: number };
const forms = JSON.parse(chosen) as Partial<Forms>;
const { network, recipe, normalisation, image, threads, compared } = workload;
const environment = describeEnvironment({ threads });

const layout = bufferLayout(network);
const initial = initialState(network, layout, 1);
const inputs = readInputs(workload, initial.held);
const { learningRate, seed, held } = inputs;
const state = toDevice(initial, layout);
const step = orderedStep({ network, recipe, layout, normalisation, image });
const loop = compileLoop({ step, state, constants: inputs, forms });

if (Object.keys(forms).length > 0) {
  loop.run({ state, constants: inputs, steps: 0 });
  process.exit();
}
await write('before', [...flat(state), ...Object.entries({ learningRate, seed, held })]);
await write('after', flat(loop.run({ state, constants: inputs, steps: compared })));
writeFileSync(
  path.join(folder, 'workload.json'),
  JSON.stringify({ ...workload, directory: undefined, environment }),
);

/** A state's tensors by name, in the order in which the program takes and gives them. */
function flat(tree: object): [string, Tensor][] {
  return Object.entries(tree).flatMap(([name, value]: [string, Tensor | Tensor[]]) =>
    Array.isArray(value)
      ? value.map((tensor, i): [string, Tensor] => [`${name}.${i}`, tensor])
      : [[name, value] as [string, Tensor]],
  );
}

/** Names are numbered, because safetensors sorts them. */
async function write(name: string, tensors: [string, Tensor][]): Promise<void> {
  const entries = tensors.map(
    async ([label, tensor], i): Promise<[string, StoredTensor]> => [
      `${String(i).padStart(2, '0')} ${label}`,
      {
        dtype: tensor.dtype === 'int32' ? 'I32' : 'F32',
        shape: tensor.shape,
        data: await tensor.data(),
      } as StoredTensor,
    ],
  );
  const stored = Object.fromEntries(await Promise.all(entries));
  writeFileSync(
    path.join(folder, `${name}.safetensors`),
    encodeSafetensors({ tensors: stored, metadata: {} }),
  );
}
