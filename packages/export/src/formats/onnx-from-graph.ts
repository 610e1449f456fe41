import type { NodeDef } from '@atelier/graph/graph-def';
import { Untranslated } from '../traced-network.ts';
import { input, output, type Writer } from './onnx-model.ts';
import { elementwise } from './onnx-ops/elementwise.ts';
import { imageOps } from './onnx-ops/images.ts';
import { Op, type Translate, type Value } from './onnx-ops/op.ts';
import { products } from './onnx-ops/products.ts';
import { reductions } from './onnx-ops/reductions.ts';
import { shapeOps } from './onnx-ops/shapes.ts';

/** Every op of TensorFlow that has a form in ONNX. */
const translations: Readonly<Record<string, Translate>> = {
  ...elementwise,
  ...products,
  ...reductions,
  ...shapeOps,
  ...imageOps,
};

/**
 * A traced network's ops as ONNX's, from `pixels` to `probabilities`.
 * @throws Untranslated for an op without a form, or one that is used in a way which ONNX has not
 */
export function translateGraph(nodes: readonly NodeDef[], writer: Writer): void {
  const values = new Map<string, Value>();
  for (const node of nodes) {
    if (node.op === 'Placeholder') {
      values.set(node.name, { ...known(input), shape: node.gave![0]!.shape });
      continue;
    }
    if (node.op === 'Const') {
      values.set(node.name, constant(node, writer));
      continue;
    }
    const translate = Object.hasOwn(translations, node.op) ? translations[node.op] : undefined;
    if (translate === undefined) throw new Untranslated(node);
    const names = translate(
      new Op(
        node,
        node.inputs.map((reference) => values.get(reference)!),
        writer,
      ),
    );
    for (const [i, name] of [names].flat().entries())
      values.set(i === 0 ? node.name : `${node.name}:${i}`, {
        ...known(name),
        shape: node.gave?.[i]?.shape ?? [],
      });
  }
  writer.node('Identity', [values.get(output)!.name()], output);
}

const known = (name: string) => ({ name: () => name, values: undefined });

function constant({ name, attributes }: NodeDef, writer: Writer): Value {
  const value = attributes.get('value');
  if (value === undefined || !('tensor' in value)) throw new Error(`${name} has no value.`);
  const { tensor, values } = value;
  let added = false;
  return {
    ...{ shape: tensor.shape, values },
    name() {
      if (!added) writer.tensor(name, values, tensor.shape);
      added = true;
      return name;
    },
  };
}
