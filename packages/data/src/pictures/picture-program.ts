import {
  type Attribute,
  boolAttribute,
  dtypeAttribute,
  floatAttribute,
  functionAttribute,
  intAttribute,
  type NodeDef,
  shapeAttribute,
  shapesAttribute,
  stringAttribute,
  tensorAttribute,
  typesAttribute,
} from '@atelier/graph/graph-def';
import { type Graph, inputNode, outputNode } from '@atelier/graph/load-graph';
import type { ImageShape } from '../image-shape.ts';

export interface PictureProgram {
  format: 'JPEG' | 'PNG';
  /** The decoder gives a JPEG's pixels at 1 / reduction of their number a side (libjpeg's scaling). */
  reduction: 1 | 2 | 4 | 8;
  shape: ImageShape;
}

type Attributes = Readonly<Record<string, Attribute>>;

const [float32, int32, uint8, string] = (['float32', 'int32', 'uint8', 'string'] as const).map(
  (dtype) => dtypeAttribute(dtype),
) as [Attribute, Attribute, Attribute, Attribute];

/**
 * TensorFlow's ops for pictures of files, each by itself and on as many cores as there are: what goes in are
 * the files' bytes, [n], and scale and shift of each, [n, 2, 2] (of height, then of width), by which a place of
 * the decoded picture becomes one of the result; what comes out are bytes as int32, [n, 1, height, width, channels].
 */
export function pictureProgram(program: PictureProgram): Graph {
  const { height, width, channels } = program.shape;
  return {
    nodes: [
      node(inputNode(0), 'Placeholder', [], { dtype: string, shape: shapeAttribute([-1]) }),
      node(inputNode(1), 'Placeholder', [], { dtype: float32, shape: shapeAttribute([-1, 2, 2]) }),
      node(outputNode, 'MapDefun', [inputNode(0), inputNode(1)], {
        Targuments: typesAttribute(['string', 'float32']),
        Tcaptured: typesAttribute([]),
        output_types: typesAttribute(['int32']),
        output_shapes: shapesAttribute([[1, height, width, channels]]),
        f: functionAttribute('pixels_of'),
      }),
    ],
    functions: [
      {
        name: 'pixels_of',
        arguments: [
          { name: 'file', dtype: 'string' },
          { name: 'scale_and_shift', dtype: 'float32' },
        ],
        results: [{ name: 'pixels', dtype: 'int32', reference: 'pixels:y:0' }],
        nodes: pixelsOf(program),
      },
    ],
    ...{ inputs: 2, outputs: 1 },
  };
}

function pixelsOf({ format, reduction, shape }: PictureProgram): NodeDef[] {
  const { height, width, channels } = shape;
  const nodes: NodeDef[] = [];
  const add = (
    name: string,
    op: string,
    inputs: readonly string[],
    attributes: Attributes,
  ): void => {
    nodes.push(node(name, op, inputs, attributes));
  };
  const constant = (name: string, values: Float32Array | Int32Array, shape: number[]): string => {
    const dtype = values instanceof Float32Array ? 'float32' : 'int32';
    const value = tensorAttribute({ shape, dtype }, values);
    add(name, 'Const', [], { dtype: dtypeAttribute(dtype), value });
    return `${name}:output:0`;
  };
  const decoding: Attributes =
    format === 'PNG'
      ? { dtype: uint8 }
      : {
          ratio: intAttribute(reduction),
          fancy_upscaling: boolAttribute(true),
          try_recover_truncated: boolAttribute(false),
          acceptable_fraction: floatAttribute(1),
          // The slow and exact one is not slower with vector instructions.
          dct_method: stringAttribute('INTEGER_ACCURATE'),
        };
  add('decoded', format === 'PNG' ? 'DecodePng' : 'DecodeJpeg', ['file'], {
    channels: intAttribute(channels),
    ...decoding,
  });
  const first = constant('first', Int32Array.of(0), []);
  add('batch', 'ExpandDims', ['decoded:image:0', first], { T: uint8, Tdim: int32 });
  const parts = { T: float32, num: intAttribute(2), axis: intAttribute(0) };
  add('parts', 'Unpack', ['scale_and_shift'], parts);
  const size = constant('size', Int32Array.of(height, width), [2]);
  const resizing = { kernel_type: stringAttribute('lanczos3'), antialias: boolAttribute(true) };
  const resized = ['batch:output:0', size, 'parts:output:0', 'parts:output:1'];
  add('resized', 'ScaleAndTranslate', resized, { T: uint8, ...resizing });
  add('rounded', 'Round', ['resized:resized_images:0'], { T: float32 });
  const [least, most] = [0, 255].map((value) => constant(`${value}`, Float32Array.of(value), []));
  add('clipped', 'ClipByValue', ['rounded:y:0', least!, most!], { T: float32 });
  add('pixels', 'Cast', ['clipped:output:0'], { SrcT: float32, DstT: int32 });
  return nodes;
}

const node = (
  name: string,
  op: string,
  inputs: readonly string[],
  attributes: Attributes,
): NodeDef => ({ name, op, inputs, attributes: new Map(Object.entries(attributes)) });
