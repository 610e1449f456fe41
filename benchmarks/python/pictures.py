"""Reads a folder of pictures as torchvision does: ImageFolder, Resize and CenterCrop, one process.

python pictures.py FOLDER SIZE
Prints {"seconds", "pictures", "versions"} as JSON. What is measured ends with the pixels of every
picture as bytes [height, width, 3] and its label, in memory.
"""

import json
import sys
import time

import numpy as np
import PIL
import torch
import torchvision
from torchvision.datasets import ImageFolder
from torchvision.transforms import CenterCrop, Compose, Resize

folder, size = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(1)

began = time.perf_counter()
dataset = ImageFolder(folder, transform=Compose([Resize(size), CenterCrop(size)]))
pixels = np.empty((len(dataset), size, size, 3), np.uint8)
labels = np.empty(len(dataset), np.uint8)
for i, (picture, label) in enumerate(dataset):
    pixels[i] = np.asarray(picture)
    labels[i] = label
seconds = time.perf_counter() - began

versions = {
    "torch": torch.__version__,
    "torchvision": torchvision.__version__,
    "Pillow": PIL.__version__,
}
print(json.dumps({"seconds": seconds, "pictures": len(dataset), "versions": versions}))
