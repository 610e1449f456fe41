import type { Network } from './configuration.ts';
import { tensorSpecs } from './layout.ts';

interface Row {
  layer: string;
  outputShape: number[];
  parameters: number;
  multiplyAdds: number;
}

const columns = ['Layer (type)', 'Output shape', 'Parameters', 'Multiply-adds'];
const count = (n: number): string => (n === 0 ? '--' : n.toLocaleString('en-US'));
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);

/**
 * A table of the network's layers in the manner of torchinfo: output shape, parameters,
 * multiply-adds for one batch, totals and sizes in MB (10^6 bytes, float32).
 */
export function summary(network: Network, batch = 1): string {
  const rows = layerRows(network, batch);
  const cells = rows.map((row) => [
    row.layer,
    `[${row.outputShape.join(', ')}]`,
    count(row.parameters),
    count(row.multiplyAdds),
  ]);
  const widths = columns.map((_, i) => Math.max(...[columns, ...cells].map((r) => r[i]!.length)));
  const line = (row: string[]) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('   ');
  const rule = '='.repeat(line(columns).length);
  return [
    rule,
    line(columns),
    rule,
    ...cells.map(line),
    rule,
    ...totals(network, batch, rows),
    rule,
  ].join('\n');
}

function totals(network: Network, batch: number, rows: Row[]): string[] {
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  const parameters = sum((row) => row.parameters);
  // As torchinfo: the outputs of layers with parameters, kept for the backward pass.
  const activations = sum((row) => (row.parameters > 0 ? batch * row.outputShape[1]! : 0));
  const sizes = {
    Input: 4 * batch * network.inputs,
    'Forward/backward pass': 8 * activations,
    Parameters: 4 * parameters,
  };
  return [
    `Total parameters: ${count(parameters)}`,
    `Total multiply-adds: ${count(sum((row) => row.multiplyAdds))}`,
    ...Object.entries(sizes).map(([what, bytes]) => `${what} size (MB): ${megabytes(bytes)}`),
    `Estimated total size (MB): ${megabytes(Object.values(sizes).reduce((a, b) => a + b))}`,
  ];
}

function layerRows(network: Network, batch: number): Row[] {
  const { widths, classes, residual, dropout, dropoutAt } = network;
  const row = (layer: string, prefix: string | undefined, outputs: number): Row => {
    const parameters = prefix === undefined ? 0 : parametersOf(network, prefix);
    return { layer, outputShape: [batch, outputs], parameters, multiplyAdds: batch * parameters };
  };
  const dropoutRow = (outputs: number) =>
    dropout === 0 ? [] : [row(`dropout (Dropout ${dropout})`, undefined, outputs)];
  const blocks = widths.flatMap((outputs, i) => [
    row(`fc${i + 1} (Linear)`, `fc${i + 1}`, outputs),
    row(`bn${i + 1} (BatchNorm)`, `bn${i + 1}`, outputs),
    row(`gelu${i + 1} (GELU)`, undefined, outputs),
    ...(dropoutAt === 'blocks' ? dropoutRow(outputs) : []),
    ...(i + 1 === residual ? [row(`add${i + 1} (Residual)`, undefined, outputs)] : []),
  ]);
  return [
    row('input (Flatten)', undefined, network.inputs),
    ...blocks,
    ...(dropoutAt === 'output' ? dropoutRow(widths.at(-1)!) : []),
    row('head (Linear)', 'head', classes),
  ];
}

function parametersOf(network: Network, prefix: string): number {
  return tensorSpecs(network)
    .filter(({ name, kind }) => name.startsWith(`${prefix}.`) && !kind.startsWith('running'))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
