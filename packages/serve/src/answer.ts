import type { ServedModel } from './served-model.ts';

/** What is said of an image, and by which model. */
export interface Answer {
  model: Pick<ServedModel, 'run' | 'sha256'>;
  /** The most probable first. */
  predictions: { class: string; probability: number }[];
}

export function answerOf(
  { run, sha256, classes }: ServedModel,
  probabilities: Float32Array,
  top: number,
): Answer {
  const predictions = classes
    // The shortest number that is the same float32.
    .map((name, c) => ({ class: name, probability: Number(probabilities[c]!.toPrecision(9)) }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
  return { model: { run, sha256 }, predictions };
}
