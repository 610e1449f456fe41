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
  /** False where what is decoded has the shape already. */
  resizes: boolean;
  shape: ImageShape;
}

type Attributes = Readonly<Record<string, Attribute>>;

const [float32, int32, uint8, string] = (['float32', 'int32', 'uint8', 'string'] as const).map(
  (dtype) => dtypeAttribute(dtype),
) as [Attribute, Attribute, Attribute, Attribute];

/**
 * TensorFlow's ops for pictures of files, each by itself and on as many cores as there are. What goes in are
 * - the files' bytes, [n];
 * - by how much what is decoded is drawn out and then moved, [n, 4, 2]: scale and shift of the height, scale and
 *   shift of the width, each with 1 or 0 after it for a side that stays;
 * - the shape [1, decoded height, 1, decoded width x channels], [n, 4].
 *
 * What comes out are n times [height, width, channels] bytes, as int32.
 */
export function pictureProgram(program: PictureProgram): Graph {
  const { height, width, channels } = program.shape;
  const [files, placings, shapes] = [0, 1, 2].map(inputNode) as [string, string, string];
  const made = program.resizes ? 'float32' : 'uint8';
  return {
    nodes: [
      node(files, 'Placeholder', [], { dtype: string, shape: shapeAttribute([-1]) }),
      node(placings, 'Placeholder', [], { dtype: float32, shape: shapeAttribute([-1, 4, 2]) }),
      node(shapes, 'Placeholder', [], { dtype: int32, shape: shapeAttribute([-1, 4]) }),
      node('made', 'MapDefun', [files, placings, shapes], {
        Targuments: typesAttribute(['string', 'float32', 'int32']),
        Tcaptured: typesAttribute([]),
        output_types: typesAttribute([made]),
        output_shapes: shapesAttribute([[height, width, channels]]),
        f: functionAttribute('picture_of'),
      }),
      ...(program.resizes
        ? [
            node('rounded', 'Round', ['made'], { T: float32 }),
            ...[0, 255].map((value) => constant(`level_${value}`, Float32Array.of(value), [])),
            node('clipped', 'ClipByValue', ['rounded', 'level_0', 'level_255'], { T: float32 }),
            node(outputNode, 'Cast', ['clipped'], { SrcT: float32, DstT: int32 }),
          ]
        : [node(outputNode, 'Cast', ['made'], { SrcT: uint8, DstT: int32 })]),
    ],
    functions: [
      {
        name: 'picture_of',
        arguments: [
          { name: 'file', dtype: 'string' },
          { name: 'placing', dtype: 'float32' },
          { name: 'shape', dtype: 'int32' },
        ],
        results: [
          {
            ...{ name: 'picture', dtype: made },
            reference: program.resizes ? 'picture:y:0' : 'decoded:image:0',
          },
        ],
        nodes: [decoding(program), ...(program.resizes ? resizing(program) : [])],
      },
    ],
    ...{ inputs: 3, outputs: 1 },
  };
}

function decoding({ format, reduction, shape }: PictureProgram): NodeDef {
  const channels = intAttribute(shape.channels);
  if (format === 'PNG') return node('decoded', 'DecodePng', ['file'], { channels, dtype: uint8 });
  return node('decoded', 'DecodeJpeg', ['file'], {
    ...{ channels, ratio: intAttribute(reduction) },
    fancy_upscaling: boolAttribute(true),
    try_recover_truncated: boolAttribute(false),
    acceptable_fraction: floatAttribute(1),
    // The exact one; with vector instructions it is no slower than the fast one.
    dct_method: stringAttribute('INTEGER_ACCURATE'),
  });
}

/**
 * Resizes the height, and then the width with both sides exchanged, each as that of an image one pixel wide that
 * has all else as channels: along the height the kernel is applied to many values at a time, along the width to one
 * after another.
 */
function resizing({ shape }: PictureProgram): NodeDef[] {
  const { height, width, channels } = shape;
  const ints = (name: string, ...values: number[]): NodeDef =>
    constant(name, Int32Array.from(values), [values.length]);
  const reshaped = (name: string, of: string, as: string): NodeDef =>
    node(name, 'Reshape', [of, as], { T: float32, Tshape: int32 });
  const exchanged = (name: string, of: string): NodeDef =>
    node(name, 'Transpose', [of, 'exchange:output:0'], { T: float32, Tperm: int32 });
  const resized = (name: string, of: string, T: Attribute, at: number): NodeDef =>
    node(
      name,
      'ScaleAndTranslate',
      [of, `${name}_size:output:0`, `parts:output:${at}`, `parts:output:${at + 1}`],
      { T, kernel_type: stringAttribute('lanczos3'), antialias: boolAttribute(true) },
    );
  const parts = { T: float32, num: intAttribute(4), axis: intAttribute(0) };
  return [
    node('parts', 'Unpack', ['placing'], parts),
    ints('exchange', 1, 0, 2),
    ints('lower_size', height, 1),
    ints('narrower_size', width, 1),
    node('columns', 'Reshape', ['decoded:image:0', 'shape'], { T: uint8, Tshape: int32 }),
    resized('lower', 'columns:output:0', uint8, 0),
    ints('lower_shape', height, -1, channels),
    reshaped('pixels', 'lower:resized_images:0', 'lower_shape:output:0'),
    exchanged('turned', 'pixels:output:0'),
    ints('rows_shape', 1, -1, 1, height * channels),
    reshaped('rows', 'turned:y:0', 'rows_shape:output:0'),
    resized('narrower', 'rows:output:0', float32, 2),
    ints('narrower_shape', width, height, channels),
    reshaped('small', 'narrower:resized_images:0', 'narrower_shape:output:0'),
    exchanged('picture', 'small:output:0'),
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
