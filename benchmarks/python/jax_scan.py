"""The training step in JAX: jit, and lax.scan over the steps (second argument: threefry | hash).

`threefry` is JAX's default generator; `hash` is the counter hash that packages/graph uses.
"""

import math
import sys
from functools import partial

import jax
from jax import lax, numpy as jnp
from jax.scipy.special import erf

from contender import convolution_sizes, layer_sizes, load_workload, serve

workload = load_workload()
network, recipe, image = workload.network, workload.recipe, workload.image
is_cnn = network.architecture == "cnn"
# Of each layer's weight, the head's included: convolutions [3, 3, inputs, outputs], linear ones [inputs, outputs].
sizes = convolution_sizes(network, image) if is_cnn else layer_sizes(network)
last = len(sizes) - 1


def lowbias32(x):
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)


def hashed_uniform(key, shape):
    """float32 draws from [0, 1): a hash of the element's number and the key."""
    step, site = key
    stream = lowbias32(lowbias32(step.astype(jnp.uint32)) ^ jnp.uint32(0x9E3779B9 + site))
    count = lax.iota(jnp.uint32, shape[0] * shape[1])
    bits = lowbias32(lowbias32(count) ^ stream).reshape(shape)
    return (bits >> 8).astype(jnp.int32).astype(jnp.float32) * jnp.float32(2**-24)


def threefry_uniform(key, shape):
    step, site = key
    return jax.random.uniform(jax.random.fold_in(jax.random.key(site), step), shape)


uniform = {"threefry": threefry_uniform, "hash": hashed_uniform}[sys.argv[2]]


def augmented(pixels, ids, key):
    """Flips, shifts and scales by nearest sampling; [n, height * width], 0 outside the original."""
    settings = recipe.augmentation
    flip, scale, shift_rows, shift_columns = uniform(key, (4, len(ids)))[:, :, None]
    inverse = 1 / (1 + settings.scale * (2 * scale - 1))
    mirror = jnp.where(flip < settings.flip, -inverse, inverse)

    def sources(size, shift, factor):
        centred = jnp.arange(size) - (size - 1) / 2
        moved = centred - settings.translate * size * (2 * shift - 1)
        return jnp.floor(moved * factor + size / 2).astype(jnp.int32)

    row = sources(image.height, shift_rows, inverse)
    column = sources(image.width, shift_columns, mirror)
    row_inside = (row >= 0) & (row < image.height)
    column_inside = (column >= 0) & (column < image.width)
    row = row.clip(0, image.height - 1) * image.width + ids[:, None] * (image.height * image.width)
    column = column.clip(0, image.width - 1)
    found = pixels.at[row[:, :, None] + column[:, None, :]].get(mode="promise_in_bounds")
    inside = row_inside[:, :, None] & column_inside[:, None, :]
    return jnp.where(inside, found, 0).reshape(len(ids), -1).astype(jnp.float32)


def batch_norm(x, scale, shift):
    over = tuple(range(x.ndim - 1))
    count = x.size // x.shape[-1]
    mean = x.mean(over)
    variance = jnp.square(x - mean).mean(over)
    unbiased = variance * (count / (count - 1))
    return (x - mean) * (lax.rsqrt(variance + 1e-5) * scale) + shift, (mean, unbiased)


def gelu(x):
    return x * 0.5 * (1 + erf(x * 0.5**0.5))


def mlp(trained, held, x):
    """Features for the head, and the statistics of each BatchNorm."""
    statistics = []
    for number in range(1, last + 1):
        layer = trained[number - 1]
        linear = x @ layer["weight"] + held[number - 1]
        normal, measured = batch_norm(linear, layer["scale"], layer["shift"])
        statistics.append(measured)
        x = x + gelu(normal) if number == network.residual else gelu(normal)
    return x, statistics


def cnn(trained, held, x):
    statistics = []
    x = x.reshape(-1, image.height, image.width, image.channels)
    for layer, bias in zip(trained[:last], held):
        convolved = lax.conv_general_dilated(
            x, layer["weight"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        normal, measured = batch_norm(convolved + bias, layer["scale"], layer["shift"])
        statistics.append(measured)
        x = lax.reduce_window(gelu(normal), -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return x.mean((1, 2)), statistics


def loss_of(trained, held, x, labels, key):
    x, statistics = (cnn if is_cnn else mlp)(trained, held, x)
    keep = uniform(key, x.shape) >= network.dropout
    x = jnp.where(keep, x / (1 - network.dropout), 0)
    logits = x @ trained[last]["weight"] + trained[last]["shift"]
    smooth = recipe.labelSmoothing
    target = jax.nn.one_hot(labels, network.classes) * (1 - smooth) + smooth / network.classes
    loss = -(target * jax.nn.log_softmax(logits)).sum(1).mean()
    hits = (logits.argmax(1) == labels).sum()
    return loss, (statistics, hits)


def adamw(parameter, gradient, first, second, step):
    beta1, beta2 = recipe.betas
    first = beta1 * first + (1 - beta1) * gradient
    second = beta2 * second + (1 - beta2) * jnp.square(gradient)
    rate = recipe.learningRate / (1 - beta1**step)
    change = rate * first / (jnp.sqrt(second / (1 - beta2**step)) + recipe.epsilon)
    decay = recipe.weightDecay if parameter.ndim > 1 else 0
    return parameter * (1 - recipe.learningRate * decay) - change, first, second


def train_step(constants, state, ids):
    pixels, labels, held = constants
    step = state["step"] + 1
    mean, std = workload.normalisation.mean, workload.normalisation.std
    settings = recipe.augmentation
    if settings.flip or settings.translate or settings.scale:
        x = augmented(pixels, ids, (step, 0))
    else:
        x = pixels.reshape(len(labels), -1)[ids].astype(jnp.float32)
    x = x * (1 / (255 * std)) - mean / std
    examine = jax.value_and_grad(loss_of, has_aux=True)
    (loss, (statistics, hits)), gradients = examine(
        state["trained"], held, x, labels[ids], (step, 1)
    )
    norm = jnp.sqrt(sum(jnp.square(g).sum() for g in jax.tree.leaves(gradients)))
    gradients = jax.tree.map(lambda g: g * jnp.minimum(1, recipe.clipNorm / (norm + 1e-6)), gradients)
    updates = jax.tree.map(
        partial(adamw, step=step.astype(jnp.float32)),
        state["trained"], gradients, state["first"], state["second"],
    )
    trained, first, second = jax.tree.transpose(
        jax.tree.structure(gradients), jax.tree.structure((0, 0, 0)), updates
    )
    running = jax.tree.map(lambda old, new: 0.9 * old + 0.1 * new, state["running"], statistics)
    sums = state["sums"] + jnp.stack([loss * len(ids), hits.astype(jnp.float32), norm])
    return dict(
        trained=trained, first=first, second=second, running=running, step=step, sums=sums
    ), None


@partial(jax.jit, donate_argnums=0)
def epoch(state, constants, order):
    return lax.scan(partial(train_step, constants), state, order)[0]


def initial_layer(number, size):
    *inputs, outputs = size
    weight = jax.random.normal(jax.random.key(number), size) * (2 / math.prod(inputs)) ** 0.5
    layer = {"weight": weight, "shift": jnp.zeros(outputs)}
    return layer if number == last else {**layer, "scale": jnp.ones(outputs)}


trained = [initial_layer(number, size) for number, size in enumerate(sizes)]
zeros = lambda: jax.tree.map(jnp.zeros_like, trained)
blocks = [size[-1] for size in sizes[:last]]
state = dict(
    trained=trained, first=zeros(), second=zeros(),
    running=[(jnp.zeros(outputs), jnp.ones(outputs)) for outputs in blocks],
    step=jnp.int32(0), sums=jnp.zeros(3),
)
held = [jnp.zeros(outputs) for outputs in blocks]
constants = (jnp.asarray(workload.images.reshape(-1)), jnp.asarray(workload.labels), held)
order = jnp.asarray(workload.order)


def repetition():
    global state
    state = jax.block_until_ready(epoch(state, constants, order))


repetition()
serve({"jax": jax.__version__}, repetition)
