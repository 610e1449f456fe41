import { comparisons, ofOneTensor, ofTwoTensors } from './elementwise.ts';
import { losses, ofNetworks, products, reductions } from './matrices.ts';
import { images, raggedSparseAndText, random, signals, withoutInputs } from './others.ts';
import type { Samples } from './sample.ts';
import { byIndex, convolutions, shapes } from './shapes.ts';

/** Every operation of tfjs, by what it is for. */
export const samplesByKind: Readonly<Record<string, Samples>> = {
  'Elementwise, of one tensor': ofOneTensor,
  'Elementwise, of two': ofTwoTensors,
  'Comparisons and logic': comparisons,
  Reductions: reductions,
  'Products and matrices': products,
  'Convolutions and pooling': convolutions,
  'Parts of networks': ofNetworks,
  Losses: losses,
  Shapes: shapes,
  'By index': byIndex,
  Images: images,
  'Signals and complex numbers': signals,
  'Without inputs': withoutInputs,
  Random: random,
  'Ragged, sparse and text': raggedSparseAndText,
};
