/** What one epoch of training gave. */
export interface EpochRecord {
  /** Counted from 1. */
  epoch: number;
  /** Optimizer steps since training began. */
  step: number;
  learningRate: number;
  /** Means over the epoch's training examples as the network saw them: augmented, with dropout. */
  trainLoss: number;
  trainAccuracy: number;
  /** The same loss function on the validation split, on running statistics. */
  validationLoss: number;
  validationAccuracy: number;
  /** Mean over the epoch's steps, before clipping. */
  gradientNorm: number;
  /** Wall time of the epoch's training and validation. */
  seconds: number;
}
