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
 * TensorFlow's ops for pictures of files, each by itself and on as many cores as there are. What goes in are the
 * files' bytes, [n], and by how much their heights and widths, as they are decoded, are to be drawn out and then
 * moved, [n, 2] each; what comes out are bytes as int32, [n, 1, height, width, channels].
 */
export function pictureProgram(program: PictureProgram): Graph {
  const { height, width, channels } = program.shape;
  const [files, scales, shifts] = [0, 1, 2].map(inputNode) as [string, string, string];
  const pair = { dtype: float32, shape: shapeAttribute([-1, 2]) };
  return {
    nodes: [
      node(files, 'Placeholder', [], { dtype: string, shape: shapeAttribute([-1]) }),
      node(scales, 'Placeholder', [], pair),
      node(shifts, 'Placeholder', [], pair),
      node('resized', 'MapDefun', [files, scales, shifts], {
        Targuments: typesAttribute(['string', 'float32', 'float32']),
        Tcaptured: typesAttribute([]),
        output_types: typesAttribute(['float32']),
        output_shapes: shapesAttribute([[1, height, width, channels]]),
        f: functionAttribute('picture_of'),
      }),
      node('rounded', 'Round', ['resized'], { T: float32 }),
      ...[0, 255].map((value) => constant(`level_${value}`, Float32Array.of(value), [])),
      node('clipped', 'ClipByValue', ['rounded', 'level_0', 'level_255'], { T: float32 }),
      node(outputNode, 'Cast', ['clipped'], { SrcT: float32, DstT: int32 }),
    ],
    functions: [
      {
        name: 'picture_of',
        arguments: [
          { name: 'file', dtype: 'string' },
          { name: 'scale', dtype: 'float32' },
          { name: 'shift', dtype: 'float32' },
        ],
        results: [{ name: 'picture', dtype: 'float32', reference: 'resized:resized_images:0' }],
        nodes: pictureOf(program),
      },
    ],
    ...{ inputs: 3, outputs: 1 },
  };
}

function pictureOf({ format, reduction, shape }: PictureProgram): NodeDef[] {
  const decoding: Attributes =
    format === 'PNG'
      ? { dtype: uint8 }
      : {
          ratio: intAttribute(reduction),
          fancy_upscaling: boolAttribute(true),
          try_recover_truncated: boolAttribute(false),
          acceptable_fraction: floatAttribute(1),
          // The exact one; with vector instructions it is no slower than the fast one.
          dct_method: stringAttribute('INTEGER_ACCURATE'),
        };
  const channels = intAttribute(shape.channels);
  const resizing = { kernel_type: stringAttribute('lanczos3'), antialias: boolAttribute(true) };
  return [
    node('decoded', `Decode${format === 'PNG' ? 'Png' : 'Jpeg'}`, ['file'], {
      channels,
      ...decoding,
    }),
    constant('first', Int32Array.of(0), []),
    node('batch', 'ExpandDims', ['decoded:image:0', 'first:output:0'], { T: uint8, Tdim: int32 }),
    constant('size', Int32Array.of(shape.height, shape.width), [2]),
    node('resized', 'ScaleAndTranslate', ['batch:output:0', 'size:output:0', 'scale', 'shift'], {
      T: uint8,
      ...resizing,
    }),
  ];
}

function constant(name: string, values: Float32Array | Int32Array, shape: number[]): NodeDef {
  const dtype = values instanceof Float32Array ? 'float32' : 'int32';
  const value = tensorAttribute({ shape, dtype }, values);
  return node(name, 'Const', [], { dtype: dtypeAttribute(dtype), value });
}

const node = (
  name: string,
  op: string,
  inputs: readonly string[],
  attributes: Attributes,
): NodeDef => ({ name, op, inputs, attributes: new Map(Object.entries(attributes)) });
