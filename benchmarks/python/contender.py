"""The child's side of a contender: it computes when it is told to, and says how long it took."""

import json
import os
import sys
import time
from types import SimpleNamespace

import numpy as np


def load_workload():
    """The workload that the benchmark passes, its data as arrays in memory.

    images uint8 [examples, height * width], labels int32 [examples], order int32 [steps, batch].
    """
    workload = json.loads(sys.argv[1], object_hook=lambda fields: SimpleNamespace(**fields))
    read = lambda name, dtype: np.fromfile(os.path.join(workload.directory, name), dtype)
    batch = workload.recipe.batchSize
    workload.images = read("images.u8", np.uint8).reshape(workload.examples, -1)
    workload.labels = read("labels.u8", np.uint8).astype(np.int32)
    workload.order = read("order.i32", np.int32)[: workload.steps * batch].reshape(-1, batch)
    return workload


def layer_sizes(network):
    """[inputs, outputs] of every linear layer, the head included."""
    sizes = [network.inputs, *network.widths, network.classes]
    return list(zip(sizes[:-1], sizes[1:]))


def convolution_sizes(network, image):
    """[rows, columns, inputs, outputs] of every 3 x 3 convolution, and [inputs, outputs] of the head."""
    widths = [image.channels, *network.filters]
    convolutions = [(3, 3, inputs, outputs) for inputs, outputs in zip(widths[:-1], widths[1:])]
    return [*convolutions, (widths[-1], network.classes)]


def serve(versions, repetition, ready={}):
    """Answers every line of standard input with the milliseconds that one repetition took.

    ready: what else is told at the beginning (Ready of benchmarks/src/contender.ts)
    """
    with os.fdopen(3, "w", buffering=1) as answers:
        answers.write(json.dumps({"versions": versions, **ready}) + "\n")
        for _ in sys.stdin:
            begin = time.perf_counter()
            repetition()
            milliseconds = (time.perf_counter() - begin) * 1000
            answers.write(json.dumps({"milliseconds": milliseconds}) + "\n")
