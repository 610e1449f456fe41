"""Recomputes a run's test accuracy from its files, without any of Atelier's code.

    npx nx run report:fetch --out out
    python3 docs/recompute_accuracy.py out FOLDER_WITH_THE_FOUR_IDX_FILES

It reads the weights, the manifest's normalisation and split and the official test files, and
compares its predictions with report.json, example for example. It needs Python 3 and numpy. The
formats are described in docs/model-format.md and docs/data-format.md.
"""

import base64
import gzip
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np

DTYPES = {"F32": "<f4", "I32": "<i4", "U8": "u1"}


def read_safetensors(path):
    data = Path(path).read_bytes()
    (header_length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + header_length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + header_length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def read_idx(path, dimensions):
    data = gzip.decompress(Path(path).read_bytes())
    shape = struct.unpack(f">{dimensions}I", data[4 : 4 + 4 * dimensions])
    return np.frombuffer(data, "u1", offset=4 + 4 * dimensions).reshape(shape)


def gelu(z):
    return (z * 0.5 * (1 + np.vectorize(math.erf)(z / math.sqrt(2)))).astype(np.float32)


def logits(x, weights, network):
    h = x
    for i in range(1, len(network["widths"]) + 1):
        z = h @ weights[f"fc{i}.weight"] + weights[f"fc{i}.bias"]
        deviation = np.sqrt(weights[f"bn{i}.running_var"] + np.float32(1e-5))
        z = (z - weights[f"bn{i}.running_mean"]) / deviation
        z = gelu(z * weights[f"bn{i}.weight"] + weights[f"bn{i}.bias"])
        h = h + z if i == network["residual"] else z
    return h @ weights["head.weight"] + weights["head.bias"]


def main(run, dataset):
    weights, metadata = read_safetensors(run / "model" / "model.safetensors")
    manifest = json.loads((run / "data" / "dataset.json").read_text())
    report = json.loads((run / "report.json").read_text())
    images = read_idx(dataset / "t10k-images-idx3-ubyte.gz", 3)
    labels = read_idx(dataset / "t10k-labels-idx1-ubyte.gz", 1)

    held = np.zeros(len(labels), bool)
    for name in ("validationMembers", "gateMembers"):
        members = np.frombuffer(base64.b64decode(manifest.get(name, "")), "u1")
        bits = np.unpackbits(members, bitorder="little")[: len(labels)]
        held[: len(bits)] |= bits == 1
    test = np.flatnonzero(~held)
    mean, std = (np.float32(manifest["normalisation"][key]) for key in ("mean", "std"))
    x = (images[test].reshape(len(test), -1).astype(np.float32) / np.float32(255) - mean) / std
    predicted = logits(x, weights, json.loads(metadata["network"])).argmax(axis=1)

    examples = report["examples"]
    assert examples["index"] == test.tolist(), "the test split differs"
    differing = np.flatnonzero(predicted != np.array(examples["predicted"]))
    accuracy = float((predicted == labels[test]).mean())
    print(f"recomputed {accuracy:.4f}, reported {report['result']['testAccuracy']:.4f}, ", end="")
    print(f"{len(differing)} of {len(test)} predictions differ")
    sys.exit(1 if len(differing) else 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
