import type { Step } from '@atelier/model';
import type { ExportedModel } from '../exported-model.ts';
import { distinctLayers, programName } from './layer-names.ts';

/** The text of a module of Python that builds the network, a line for each step, and nothing but torch needed. */
export function pytorchModule({ steps: given, shape, classes, origin }: ExportedModel): string {
  const { height, width, channels } = shape;
  const steps = distinctLayers(given, programName);
  const built = steps.filter(isLayer).map((step) => `self.${step.layer} = ${layerOf(step)}`);
  const lines = steps.map((step, i) => `x${i + 1} = ${computed(step)}`);
  return `"""A classifier of images, written by Atelier. It needs torch and weights.safetensors beside it.

    import model
    network = model.load()
    probabilities = network(pixels)   # uint8 [n, height, width, channels] -> float32 [n, classes]

Raw pixels go in, 0 to 255, grey or red, green, blue. BatchNorm is folded into the weights, and
dropout is left out; \`network.logits(pixels)\` is what comes before the softmax.
"""

import json
import math
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

# The names of the classes, in the order of their probabilities.
classes = ${JSON.stringify(classes)}
# What an image is.
height, width, channels = ${height}, ${width}, ${channels}
# The run that it comes from, and the SHA-256 of its model file.
origin = ${JSON.stringify(origin)}


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("pixel_factors", torch.empty(channels))
        self.register_buffer("pixel_shifts", torch.empty(channels))
        ${built.join('\n        ')}

    def logits(self, pixels):
        x0 = (pixels.to(torch.float32) * self.pixel_factors + self.pixel_shifts).flatten(1)
        ${lines.join('\n        ')}
        return x${steps.length}

    def forward(self, pixels):
        return torch.softmax(self.logits(pixels), 1)


def load(path=Path(__file__).with_name("weights.safetensors")):
    network = Classifier()
    network.load_state_dict(read(path))
    return network.eval()


def read(path):
    """The tensors of a safetensors file of float32; \`safetensors.torch.load_file\` gives the same."""
    content = bytearray(Path(path).read_bytes())
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin])
    return {
        name: torch.frombuffer(
            content,
            dtype=torch.float32,
            count=math.prod(entry["shape"]),
            offset=begin + entry["data_offsets"][0],
        ).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }
`;
}

type Layer = Extract<Step, { layer: string }>;

const isLayer = (step: Step): step is Layer => 'layer' in step;

function layerOf({ kind, weight, bias }: Layer): string {
  const [inputs, outputs] = [weight.length / bias.length, bias.length];
  return kind === 'linear'
    ? `nn.Linear(${inputs}, ${outputs})`
    : `nn.Conv2d(${inputs / 9}, ${outputs}, 3, padding=1)`;
}

/** Images have their channels before rows and columns here. */
function computed(step: Step): string {
  const [x, other] = step.of.map((at) => `x${at}`);
  if (isLayer(step)) return `self.${step.layer}(${x})`;
  const operations: { [K in Exclude<Step, Layer>['kind']]: string } = {
    images: `${x}.unflatten(1, (${step.shape.join(', ')})).permute(0, 3, 1, 2)`,
    maxPool: `functional.max_pool2d(${x}, 2)`,
    globalAverage: `${x}.mean((2, 3))`,
    gelu: `functional.gelu(${x})`,
    relu: `functional.relu(${x})`,
    add: `${x} + ${other}`,
  };
  return operations[step.kind];
}
