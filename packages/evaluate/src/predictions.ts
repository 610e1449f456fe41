import { UserError } from '@atelier/errors';
import { decodeSafetensors, encodeSafetensors } from '@atelier/safetensors';

/** What a model says about every example of a split. */
export interface Predictions {
  /** [n, classes], each row a distribution. */
  probabilities: Float32Array;
  /** [n], the actual classes. */
  labels: Uint8Array;
  /** [n], each example's position in the official file it came from. */
  indices: Int32Array;
  classes: number;
}

/** Predictions of parts of a split that follow one another, in one. */
export function joinPredictions(parts: readonly Predictions[]): Predictions {
  const [{ classes }] = parts as [Predictions, ...Predictions[]];
  const n = parts.reduce((sum, { labels }) => sum + labels.length, 0);
  const probabilities = new Float32Array(n * classes);
  const labels = new Uint8Array(n);
  const indices = new Int32Array(n);
  let at = 0;
  for (const part of parts) {
    probabilities.set(part.probabilities, at * classes);
    labels.set(part.labels, at);
    indices.set(part.indices, at);
    at += part.labels.length;
  }
  return { probabilities, labels, indices, classes };
}

/** Predictions as safetensors: probabilities F32 [n, classes], labels U8 [n], indices I32 [n]. */
export function encodePredictions({
  probabilities,
  labels,
  indices,
  classes,
}: Predictions): Uint8Array {
  const n = labels.length;
  return encodeSafetensors({
    tensors: {
      probabilities: { dtype: 'F32', shape: [n, classes], data: probabilities },
      labels: { dtype: 'U8', shape: [n], data: labels },
      indices: { dtype: 'I32', shape: [n], data: indices },
    },
    metadata: { kind: 'predictions' },
  });
}

/**
 * @param where names the bytes' origin in errors
 * @throws UserError where the bytes are not predictions
 */
export function decodePredictions(bytes: Uint8Array, where: string): Predictions {
  const { probabilities, labels, indices } = decodeSafetensors(bytes, where).tensors;
  const [n, classes] = probabilities?.shape ?? [];
  if (
    probabilities?.dtype !== 'F32' ||
    probabilities.shape.length !== 2 ||
    labels?.dtype !== 'U8' ||
    indices?.dtype !== 'I32' ||
    n === undefined ||
    classes === undefined ||
    labels.data.length !== n ||
    indices.data.length !== n
  )
    throw new UserError({
      what: 'These are not predictions.',
      where,
      expected: 'probabilities F32 [n, classes], labels U8 [n], indices I32 [n]',
      found: [
        describe('probabilities', probabilities),
        describe('labels', labels),
        describe('indices', indices),
      ].join(', '),
    });
  return { probabilities: probabilities.data, labels: labels.data, indices: indices.data, classes };
}

function describe(name: string, tensor?: { dtype: string; shape: readonly number[] }): string {
  return tensor === undefined ? `no ${name}` : `${name} ${tensor.dtype} [${tensor.shape}]`;
}

/**
 * Refuses what no metric can be computed from.
 * @throws UserError that names the first example at fault
 */
export function checkPredictions(
  { probabilities, labels, indices, classes }: Predictions,
  classNames: readonly string[],
): void {
  const n = labels.length;
  const refuse = (expected: string, found: string, where = 'predictions') =>
    new UserError({ what: 'These predictions cannot be evaluated.', where, expected, found });
  if (n === 0) throw refuse('at least one example', 'none');
  if (classNames.length !== classes)
    throw refuse(`${classNames.length} classes: ${classNames.join(', ')}`, `${classes} classes`);
  if (probabilities.length !== n * classes || indices.length !== n)
    throw refuse(
      `${n} × ${classes} probabilities and ${n} indices`,
      `${probabilities.length} and ${indices.length}`,
    );
  for (let i = 0; i < n; i++) {
    const where = `example ${i}`;
    const label = labels[i]!;
    if (label >= classes) throw refuse(`a label below ${classes}`, String(label), where);
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    if (row.some((p) => !(p >= 0 && p <= 1)))
      throw refuse('probabilities between 0 and 1', `[${row.join(', ')}]`, where);
    const sum = row.reduce((a, b) => a + b, 0);
    if (Math.abs(sum - 1) > 1e-3) throw refuse('probabilities that sum to 1', `${sum}`, where);
  }
}

/** Those of one example alone. */
export function exampleOf(predictions: Predictions, i: number): Predictions {
  const { probabilities, labels, indices, classes } = predictions;
  return {
    probabilities: probabilities.subarray(i * classes, (i + 1) * classes),
    labels: labels.subarray(i, i + 1),
    indices: indices.subarray(i, i + 1),
    classes,
  };
}

/** [n] class of highest probability in each row; the first among equals. */
export function predictedClasses({ probabilities, classes, labels }: Predictions): Uint8Array {
  return Uint8Array.from(labels, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++)
      if (probabilities[i * classes + c]! > probabilities[i * classes + best]!) best = c;
    return best;
  });
}
