"""Six steps of small networks of convolutions, as packages/train tests them against PyTorch.

Prints the fixture cnn-steps.json, or with `resnet` as its argument resnet-steps.json: tensors in
Atelier's layout (images and filters channels-last).
"""

import json
import sys

import torch
from torch import nn
from torch.nn import functional as F

HEIGHT, WIDTH, CHANNELS, CLASSES, BATCH = 5, 4, 2, 3, 6
FILTERS = [3, 4]
LEARNING_RATES = [5e-4, 4e-4, 3e-4, 2e-4, 1e-4, 5e-5]


class Network(nn.Module):
    def __init__(self, activation, widths):
        super().__init__()
        self.activation = activation
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in zip(widths, widths[1:])
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        self.head = nn.Linear(widths[-1], CLASSES)
        for convolution in self.convolutions:
            # BatchNorm subtracts the bias again: it is held.
            convolution.bias.requires_grad_(False)

    def convolved(self, i, h):
        return self.norms[i](self.convolutions[i](h))

    def forward(self, x):
        h = x.view(-1, HEIGHT, WIDTH, CHANNELS).permute(0, 3, 1, 2)
        return self.head(self.features(h).mean((2, 3)))

    def tensors(self):
        named = {}
        for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms), 1):
            named[f"conv{i}.weight"] = convolution.weight.permute(2, 3, 1, 0)
            named[f"conv{i}.bias"] = convolution.bias
            for name in ["weight", "bias", "running_mean", "running_var"]:
                named[f"bn{i}.{name}"] = getattr(norm, name)
        named["head.weight"] = self.head.weight.T
        named["head.bias"] = self.head.bias
        return {name: rounded(tensor) for name, tensor in named.items()}

    def gradients(self):
        named = {}
        for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms), 1):
            named[f"conv{i}.weight"] = convolution.weight.grad.permute(2, 3, 1, 0)
            for name in ["weight", "bias"]:
                named[f"bn{i}.{name}"] = getattr(norm, name).grad
        named["head.weight"] = self.head.weight.grad.T
        named["head.bias"] = self.head.bias.grad
        return {name: rounded(gradient) for name, gradient in named.items()}


class Cnn(Network):
    def __init__(self, activation):
        super().__init__(activation, [CHANNELS, *FILTERS])

    def features(self, h):
        for i in range(len(FILTERS)):
            h = F.max_pool2d(self.activation(self.convolved(i, h)), 2)
        return h


class Resnet(Network):
    """Two stages of one residual block each."""

    def __init__(self, activation):
        a, b = FILTERS
        super().__init__(activation, [CHANNELS, a, a, a, b, b, b])

    def features(self, h):
        for first in [0, 3]:
            if first > 0:
                h = F.max_pool2d(h, 2)
            h = self.activation(self.convolved(first, h))
            block = self.convolved(first + 2, self.activation(self.convolved(first + 1, h)))
            h = self.activation(h + block)
        return h


def rounded(tensor):
    return [float(f"{value:.8g}") for value in tensor.detach().reshape(-1).tolist()]


def reference(kind, name, activation):
    torch.manual_seed(1)
    model = kind(activation)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in trained if p.ndim > 1], "weight_decay": 0.19},
            {"params": [p for p in trained if p.ndim == 1], "weight_decay": 0.0},
        ],
        lr=1,
    )
    result = {"activation": name, "initial": model.tensors(), "steps": []}
    for rate in LEARNING_RATES:
        x = torch.randn(BATCH, HEIGHT * WIDTH * CHANNELS)
        y = torch.randint(CLASSES, [BATCH])
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits, y, label_smoothing=0.01)
        loss.backward()
        gradients = model.gradients()
        norm = nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        result["steps"].append(
            {
                **{"x": rounded(x), "y": y.tolist(), "learningRate": rate},
                **{"logits": rounded(logits), "loss": loss.item(), "norm": norm.item()},
                **{"gradients": gradients},
            }
        )
    result["final"] = model.tensors()
    model.eval()
    x = torch.randn(BATCH, HEIGHT * WIDTH * CHANNELS)
    result["evaluation"] = {"x": rounded(x), "logits": rounded(model(x))}
    return result


kind = Resnet if sys.argv[1:] == ["resnet"] else Cnn
print(
    json.dumps(
        {
            "image": {"height": HEIGHT, "width": WIDTH, "channels": CHANNELS},
            **{"filters": FILTERS, "classes": CLASSES, "batch": BATCH},
            "networks": [reference(kind, "gelu", F.gelu), reference(kind, "relu", F.relu)],
        }
    )
)
