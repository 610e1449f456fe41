"""Runs an export for PyTorch: its folder is the argument. Says who it is, then answers each line of
pixels (base64 of uint8) with a line of probabilities (base64 of float32, little endian)."""

import base64
import importlib.util
import struct
import sys

import torch

spec = importlib.util.spec_from_file_location("model", f"{sys.argv[1]}/model.py")
model = importlib.util.module_from_spec(spec)
spec.loader.exec_module(model)
network = model.load()
print(f"PyTorch {torch.__version__} (Python {sys.version.split()[0]})", flush=True)

for line in sys.stdin:
    pixels = torch.frombuffer(bytearray(base64.b64decode(line)), dtype=torch.uint8)
    with torch.inference_mode():
        found = network(pixels.reshape(-1, model.height, model.width, model.channels)).flatten()
    packed = struct.pack(f"<{found.numel()}f", *found.tolist())
    print(base64.b64encode(packed).decode(), flush=True)
