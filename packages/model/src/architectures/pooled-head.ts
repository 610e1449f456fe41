import type { Layer, Layers } from './architecture.ts';

/** The summary's rows of {@link pooledHead}. */
export const pooledHeadLayers = (features: number, dropout: number, classes: number): Layer[] => [
  { name: 'average', type: 'Global average', output: [features] },
  ...(dropout === 0 ? [] : [{ name: 'dropout', type: `Dropout ${dropout}`, output: [features] }]),
  { name: 'head', type: 'Linear', output: [classes] },
];

/** How a network that sees images ends: the average over what is left of them, dropout, the logits. */
export const pooledHead = <Value>(h: Value, dropout: number, layers: Layers<Value>): Value =>
  layers.linear(layers.dropout(layers.globalAverage(h), dropout, 1), 'head');
