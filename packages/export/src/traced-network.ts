import { imageSize } from '@atelier/data/image-shape';
import { isUserError, UserError } from '@atelier/errors';
import { castBytes, GraphError, type SaveOptions } from '@atelier/graph';
import { codeAttribute, type NodeDef } from '@atelier/graph/graph-def';
import { traceGraph } from '@atelier/graph/traced-graph';
import { inferenceLogits, normalise, weightsOf } from '@atelier/model';
import { dispose, reshape, softmax, type Tensor } from '@tensorflow/tfjs-core';
import type { TrainedModel } from './exported-model.ts';
import { input, output } from './formats/tensorflow-graph.ts';

type Probabilities = (given: { [input]: Tensor }) => { [output]: Tensor };

/**
 * What a network's own forward pass computes, from raw pixels to probabilities, for whoever writes it down.
 * @throws UserError where it is another one for every number of images
 */
export async function traced<T>(
  { model, shape, normalisation }: TrainedModel,
  write: (compute: Probabilities, options: SaveOptions<{ [input]: Tensor }>) => T,
): Promise<T> {
  const { loadTensorFlow } = await import('@atelier/tensorflow');
  loadTensorFlow();
  const weights = weightsOf(model);
  const compute: Probabilities = ({ [input]: pixels }) => {
    const rows = reshape(castBytes(pixels, 'float32'), [-1, imageSize(shape)]);
    const logits = inferenceLogits(normalise(rows, normalisation), weights, model.network);
    return { [output]: softmax(logits) };
  };
  const { height, width, channels } = shape;
  const inputs = { [input]: { shape: [1, height, width, channels], dtype: 'uint8' } } as const;
  try {
    return write(compute, { inputs, dynamicBatch: true });
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new UserError(
      {
        what: 'This network cannot be written for any number of images.',
        where: 'forward of its module',
        found: error.message,
        remedy: 'change its forward pass, and train it again; `npx atelier serve` answers by it',
      },
      { cause: error },
    );
  } finally {
    dispose(weights);
  }
}

/** An op of a traced network that a format has no form of. */
export class Untranslated extends Error {
  readonly node: NodeDef;

  /** @param why in words that follow the name of the op; none where there is no such op at all */
  constructor(node: NodeDef, why?: string) {
    super(`${node.op}${why === undefined ? '' : `, ${why}`}`);
    this.node = node;
  }
}

/**
 * The network's ops, from `pixels` to `probabilities`, in the form of a format.
 * @param translate throws Untranslated for an op that the format lacks
 * @throws UserError that names this op and the line that calls it
 */
export const translated = <T>(
  model: TrainedModel,
  format: string,
  translate: (nodes: readonly NodeDef[]) => T,
): Promise<T> =>
  traced(model, (compute, options) => {
    const { nodes, outputs } = traceGraph(compute, options);
    const last: NodeDef = {
      ...{ name: output, op: 'Identity', inputs: [outputs[0]!.reference] },
      attributes: new Map([['T', codeAttribute(1)]]),
    };
    try {
      return translate([...nodes, last]);
    } catch (error) {
      if (!(error instanceof Untranslated)) throw error;
      throw new UserError(
        {
          what: `This network cannot be written as ${format}, which has no form of TensorFlow's ${error.message}.`,
          where: placeOf(error, (onNode) => traceGraph(compute, { ...options, onNode })),
          remedy:
            '`npx atelier export RUN --format savedmodel` takes every operation; or change this line and train again',
        },
        { cause: error },
      );
    }
  });

/** Where the person's file calls an op: it is traced again, until there. */
function placeOf({ node }: Untranslated, trace: (onNode: (node: NodeDef) => void) => void): string {
  const { stackTraceLimit } = Error;
  // The file's line is below all frames of tfjs.
  Error.stackTraceLimit = 100;
  try {
    trace(({ name }) => {
      if (name === node.name) throw new Untranslated(node);
    });
  } catch (error) {
    // A module's errors come with their place.
    if (isUserError(error) && error.cause instanceof Untranslated) return error.failure.where!;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return 'forward of its module';
}
