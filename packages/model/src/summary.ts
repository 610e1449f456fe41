import { architectureOf, type Network, parameterCount } from './architectures/index.ts';

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
  const activations = sum((row) =>
    row.parameters > 0 ? row.outputShape.reduce((a, b) => a * b) : 0,
  );
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
  return architectureOf(network)
    .layers(network)
    .map(({ name, type, output, multiplyAdds }) => {
      const parameters = parameterCount(network, name);
      return {
        layer: `${name} (${type})`,
        outputShape: [batch, ...output],
        parameters,
        multiplyAdds: batch * (multiplyAdds ?? parameters),
      };
    });
}
