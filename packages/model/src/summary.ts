import { architectureOf, type Network, parameterCount } from './architectures/index.ts';

/** A layer as the table of layers has it. */
interface LayerRow {
  name: string;
  type: string;
  /** The shape of one example's output. */
  output: number[];
  parameters: number;
  /** For one example. */
  multiplyAdds: number;
}

export interface Summary {
  layers: LayerRow[];
  parameters: number;
  /** For one example. */
  multiplyAdds: number;
}

/** What the network consists of and costs, layer by layer, as torchinfo counts it. */
export function summary(network: Network): Summary {
  const layers = architectureOf(network)
    .layers(network)
    .map(({ name, type, output, multiplyAdds }): LayerRow => {
      const parameters = parameterCount(network, name);
      return { name, type, output, parameters, multiplyAdds: multiplyAdds ?? parameters };
    });
  const sum = (of: (row: LayerRow) => number) => layers.reduce((total, row) => total + of(row), 0);
  return {
    layers,
    parameters: sum((row) => row.parameters),
    multiplyAdds: sum((row) => row.multiplyAdds),
  };
}
