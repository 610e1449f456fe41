"""The networks of benchmarks/src/framework-networks.ts, trained with Adam.

second argument: torch | torchCompile | jax
"""

import json
import os
import sys
import time
from functools import partial

import numpy as np

from contender import serve

work = json.loads(sys.argv[1])
variant = sys.argv[2]
kind, threads, rate = work["network"], work["threads"], work["learningRate"]
shapes = work["weights"]
betas, epsilon = (0.9, 0.999), 1e-8
heads = 4


def read(name, dtype):
    return np.fromfile(os.path.join(work["directory"], name), dtype)


def initial_weights():
    """Arrays by name, as they stand one after the other in weights.f32."""
    ends = np.cumsum([np.prod(shape) for shape in shapes.values()])[:-1]
    parts = np.split(read("weights.f32", np.float32), ends)
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts)}


xs = read("x.f32", np.float32).reshape(work["batches"], *work["input"])
ys = read("y.i32", np.int32).reshape(work["batches"], -1)


def torch_trainer():
    """A step of PyTorch as its users write it: modules, in their own layouts, and fused Adam."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(threads)
    w = {name: torch.from_numpy(array) for name, array in initial_weights().items()}

    def linear(weight, bias):
        layer = nn.Linear(*weight.shape)
        with torch.no_grad():
            layer.weight.copy_(weight.T)
            layer.bias.copy_(bias)
        return layer

    def convolution(kernel, bias):
        layer = nn.Conv2d(kernel.shape[2], kernel.shape[3], 3, padding=1)
        with torch.no_grad():
            layer.weight.copy_(kernel.permute(3, 2, 0, 1))
            layer.bias.copy_(bias)
        return layer

    def mlp():
        return nn.Sequential(
            linear(w["w1"], w["b1"]), nn.ReLU(), linear(w["w2"], w["b2"]), nn.ReLU(), linear(w["w3"], w["b3"])
        )

    def cnn():
        # Channels come first here, so the head's rows stand in another order.
        rows = w["head"].reshape(7, 7, 32, 10).permute(2, 0, 1, 3).reshape(-1, 10)
        return nn.Sequential(
            convolution(w["k1"], w["c1"]), nn.ReLU(), nn.MaxPool2d(2),
            convolution(w["k2"], w["c2"]), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), linear(rows, w["bias"]),
        )

    class Lstm(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(w["input"].shape[0], w["recurrent"].shape[0], batch_first=True)
            with torch.no_grad():
                self.lstm.weight_ih_l0.copy_(w["input"].T)
                self.lstm.weight_hh_l0.copy_(w["recurrent"].T)
                self.lstm.bias_ih_l0.copy_(w["gates"])
                self.lstm.bias_hh_l0.zero_()
            # The others have one bias.
            self.lstm.bias_hh_l0.requires_grad_(False)
            self.head = linear(w["head"], w["bias"])

        def forward(self, x):
            return self.head(self.lstm(x)[0][:, -1])

    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            width = w["scale1"].shape[0]
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = linear(w["qkv"], w["qkvBias"]), linear(w["out"], w["outBias"])
            self.up, self.down = linear(w["up"], w["upBias"]), linear(w["down"], w["downBias"])
            self.head = linear(w["head"], w["bias"])

        def forward(self, x):
            batch, tokens, width = x.shape
            projected = self.qkv(self.norm1(x)).view(batch, tokens, 3, heads, width // heads)
            q, k, v = projected.permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, tokens, width)
            x = x + self.out(mixed)
            x = x + self.down(F.gelu(self.up(self.norm2(x))))
            return self.head(x.mean(1))

    model = {"mlp": mlp, "cnn": cnn, "lstm": Lstm, "transformer": Transformer}[kind]()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=rate, betas=betas, eps=epsilon, fused=True)
    inputs = [torch.from_numpy(x) for x in (xs.transpose(0, 1, 4, 2, 3).copy() if kind == "cnn" else xs)]
    labels = [torch.from_numpy(y).long() for y in ys]

    def loss_of(x, y):
        return F.cross_entropy(model(x), y)

    forward = torch.compile(loss_of) if variant == "torchCompile" else loss_of

    def step(i):
        optimizer.zero_grad(set_to_none=True)
        loss = forward(inputs[i], labels[i])
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step, {"torch": torch.__version__}


def jax_trainer():
    """A step of JAX as its users write it: a jitted pure function whose state is donated."""
    import jax
    from jax import lax, numpy as jnp

    def mlp(w, x):
        x = jax.nn.relu(x @ w["w1"] + w["b1"])
        return jax.nn.relu(x @ w["w2"] + w["b2"]) @ w["w3"] + w["b3"]

    def cnn(w, x):
        for kernel, shift in [("k1", "c1"), ("k2", "c2")]:
            x = lax.conv_general_dilated(
                x, w[kernel], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            x = jax.nn.relu(x + w[shift])
            x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        return x.reshape(len(x), -1) @ w["head"] + w["bias"]

    def lstm(w, x):
        given = jnp.moveaxis(x, 1, 0) @ w["input"] + w["gates"]

        def step(state, now):
            h, c = state
            i, f, g, o = jnp.split(now + h @ w["recurrent"], 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zeros = jnp.zeros((x.shape[0], w["recurrent"].shape[0]))
        (h, _), _ = lax.scan(step, (zeros, zeros), given)
        return h @ w["head"] + w["bias"]

    def layer_norm(x, scale, shift):
        mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        return (x - mean) * lax.rsqrt(variance + 1e-5) * scale + shift

    def transformer(w, x):
        batch, tokens, width = x.shape
        projected = layer_norm(x, w["scale1"], w["shift1"]) @ w["qkv"] + w["qkvBias"]
        q, k, v = projected.reshape(batch, tokens, 3, heads, -1).transpose(2, 0, 3, 1, 4)
        scores = jax.nn.softmax(q @ k.transpose(0, 1, 3, 2) * (width // heads) ** -0.5)
        mixed = (scores @ v).transpose(0, 2, 1, 3).reshape(batch, tokens, width)
        x = x + mixed @ w["out"] + w["outBias"]
        inner = layer_norm(x, w["scale2"], w["shift2"]) @ w["up"] + w["upBias"]
        x = x + jax.nn.gelu(inner, approximate=False) @ w["down"] + w["downBias"]
        return x.mean(1) @ w["head"] + w["bias"]

    logits = {"mlp": mlp, "cnn": cnn, "lstm": lstm, "transformer": transformer}[kind]

    def loss_of(w, x, y):
        return -jnp.take_along_axis(jax.nn.log_softmax(logits(w, x)), y[:, None], 1).mean()

    @partial(jax.jit, donate_argnums=0)
    def train_step(state, x, y):
        w, first, second, count = state
        count = count + 1
        loss, gradients = jax.value_and_grad(loss_of)(w, x, y)
        first = jax.tree.map(lambda m, g: betas[0] * m + (1 - betas[0]) * g, first, gradients)
        second = jax.tree.map(lambda v, g: betas[1] * v + (1 - betas[1]) * g * g, second, gradients)
        corrections = [1 - beta ** count.astype(jnp.float32) for beta in betas]
        changed = lambda p, m, v: p - rate * (m / corrections[0]) / (jnp.sqrt(v / corrections[1]) + epsilon)
        return (jax.tree.map(changed, w, first, second), first, second, count), loss

    weights = jax.tree.map(jnp.asarray, initial_weights())
    zeros = lambda: jax.tree.map(jnp.zeros_like, weights)
    state = (weights, zeros(), zeros(), jnp.int32(0))
    inputs, labels = [jnp.asarray(x) for x in xs], [jnp.asarray(y) for y in ys]

    def step(i):
        nonlocal state
        state, loss = train_step(state, inputs[i], labels[i])
        return loss

    return step, {"jax": jax.__version__}


trainer, versions = (jax_trainer if variant == "jax" else torch_trainer)()
made = 0


def train(steps):
    """The last step's loss."""
    global made
    for _ in range(steps):
        loss = trainer(made % len(xs))
        made += 1
    return float(loss)


def timed(run):
    begin = time.perf_counter()
    value = run()
    return value, time.perf_counter() - begin


first, seconds = timed(lambda: train(1))
losses = [first, *(train(1) for _ in range(work["compared"] - 1))]
per_step = timed(lambda: train(3))[1] / 3
steps = max(1, round(work["secondsOfRepetition"] / per_step))
serve(
    versions,
    lambda: train(steps),
    {"steps": steps, "secondsToFirstStep": seconds, "losses": losses},
)
