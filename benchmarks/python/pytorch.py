"""The training step in PyTorch, eager or through torch.compile (second argument: eager | compile)."""

import sys

import torch
from torch import nn
from torch.nn import functional as F

from contender import layer_sizes, load_workload, serve

workload = load_workload()
compiled = sys.argv[2] == "compile"
network, recipe, image = workload.network, workload.recipe, workload.image
torch.set_num_threads(workload.threads)
torch.manual_seed(1)
on_gpu = torch.cuda.is_available()
device = torch.device("cuda" if on_gpu else "cpu")


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.norm = nn.BatchNorm1d(outputs)
        # BatchNorm subtracts the bias again, so none of the contenders trains it.
        self.linear.bias.requires_grad_(False)

    def forward(self, x):
        return F.gelu(self.norm(self.linear(x)))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        *blocks, head = layer_sizes(network)
        self.blocks = nn.ModuleList(Block(*size) for size in blocks)
        self.dropout = nn.Dropout(network.dropout)
        self.head = nn.Linear(*head)
        for layer in [*(block.linear for block in self.blocks), self.head]:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for number, block in enumerate(self.blocks, 1):
            x = x + block(x) if number == network.residual else block(x)
        return self.head(self.dropout(x))


class Convolution(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm = nn.BatchNorm2d(outputs)
        self.convolution.bias.requires_grad_(False)

    def forward(self, x):
        return self.norm(self.convolution(x))


class ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = Convolution(width, width), Convolution(width, width)

    def forward(self, x):
        return activation(x + self.second(activation(self.first(x))))


class ConvolutionalNetwork(nn.Module):
    """A cnn pools after each of its convolutions; a resnet before each of its stages but the first."""

    def __init__(self):
        super().__init__()
        widths = [image.channels, *network.filters]
        self.is_residual = network.architecture == "resnet"
        self.convolutions = nn.ModuleList(map(Convolution, widths, widths[1:]))
        self.blocks = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(width) for _ in range(network.blocks)))
            for width in (network.filters if self.is_residual else [])
        )
        self.dropout = nn.Dropout(network.dropout)
        self.head = nn.Linear(widths[-1], network.classes)

    def features(self, x):
        for i, convolution in enumerate(self.convolutions):
            if not self.is_residual:
                x = F.max_pool2d(activation(convolution(x)), 2)
                continue
            x = F.max_pool2d(x, 2) if i > 0 else x
            x = self.blocks[i](activation(convolution(x)))
        return x

    def forward(self, x):
        x = x.view(-1, image.channels, image.height, image.width)
        return self.head(self.dropout(self.features(x).mean((2, 3))))


pixels = torch.from_numpy(workload.images).flatten().to(device)
labels = torch.from_numpy(workload.labels).long().to(device)
order = torch.from_numpy(workload.order).to(device)
rows = torch.arange(image.height, device=device) - (image.height - 1) / 2
columns = torch.arange(image.width, device=device) - (image.width - 1) / 2


def pixels_at(position):
    # Each form is the faster one: index_select by itself, plain indexing where it is fused.
    if compiled:
        return pixels[position]
    return pixels.index_select(0, position.view(-1)).view(position.shape)


def augmented(ids):
    """Flips, shifts and scales by nearest sampling; [n, height * width], 0 outside the original."""
    settings = recipe.augmentation
    if not (settings.flip or settings.translate or settings.scale):
        return pixels.view(len(labels), -1)[ids]
    flip, scale, shift_rows, shift_columns = torch.rand(4, len(ids), 1, device=device).unbind()
    inverse = 1 / (1 + settings.scale * (2 * scale - 1))
    mirror = torch.where(flip < settings.flip, -inverse, inverse)
    moved_rows = rows - settings.translate * image.height * (2 * shift_rows - 1)
    moved_columns = columns - settings.translate * image.width * (2 * shift_columns - 1)
    row = (moved_rows * inverse + image.height / 2).floor().int()
    column = (moved_columns * mirror + image.width / 2).floor().int()
    row_inside = (row >= 0) & (row < image.height)
    column_inside = (column >= 0) & (column < image.width)
    row = row.clamp(0, image.height - 1) * image.width
    column = column.clamp(0, image.width - 1)
    first = (ids * (image.height * image.width)).view(-1, 1, 1)
    position = first + row.unsqueeze(2) + column.unsqueeze(1)
    inside = row_inside.unsqueeze(2) & column_inside.unsqueeze(1)
    return (pixels_at(position) * inside).flatten(1)


def normalised(images):
    mean, std = workload.normalisation.mean, workload.normalisation.std
    return images * (1 / (255 * std)) - mean / std


def forward(ids):
    logits = model(normalised(augmented(ids)))
    loss = F.cross_entropy(logits, labels[ids], label_smoothing=recipe.labelSmoothing)
    return loss, (logits.argmax(1) == labels[ids]).sum()


is_mlp = network.architecture == "mlp"
activation = F.gelu if is_mlp else getattr(F, network.activation)
model = (Network() if is_mlp else ConvolutionalNetwork()).to(device).train()
parameters = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(
    [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weightDecay},
        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
    ],
    lr=recipe.learningRate,
    betas=tuple(recipe.betas),
    eps=recipe.epsilon,
    fused=True,
)
sums = torch.zeros(3, device=device)
if compiled:
    # On a GPU this mode replays the kernels as CUDA graphs.
    forward = torch.compile(forward, fullgraph=True, mode="reduce-overhead" if on_gpu else None)


def step(ids):
    optimizer.zero_grad(set_to_none=True)
    loss, hits = forward(ids)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(parameters, recipe.clipNorm)
    optimizer.step()
    sums.add_(torch.stack([loss.detach() * len(ids), hits, norm]))


def repetition():
    for ids in order:
        step(ids)
    if on_gpu:
        torch.cuda.synchronize()


for ids in order[:3]:
    step(ids)
serve({"torch": torch.__version__}, repetition)
