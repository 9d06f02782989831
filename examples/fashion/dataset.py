"""Fashion-MNIST as the Debian package `dataset-fashion-mnist` ships it: gzipped IDX files."""

import gzip
import struct
from pathlib import Path

import numpy as np

DEFAULT_DIR = Path("/usr/share/datasets/fashion-mnist")
LABELS = (
    "t-shirt/top", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)
# Mean and standard deviation of all training pixels in [0, 1], rounded to four places.
MEAN = 0.2860
STD = 0.3530
_UINT8 = 0x08


def read_idx(path):
    """The uint8 array of one gzipped IDX file (magic: 0, 0, type, rank; then big-endian sizes)."""
    with gzip.open(path, "rb") as file:
        zero, kind, rank = struct.unpack(">HBB", file.read(4))
        if zero != 0 or kind != _UINT8:
            raise ValueError(f"{path}: not an IDX file of unsigned bytes")
        shape = struct.unpack(f">{rank}I", file.read(4 * rank))
        data = np.frombuffer(file.read(), dtype=np.uint8)
    if data.size != np.prod(shape):
        raise ValueError(f"{path}: header promises {shape}, file holds {data.size} bytes")
    return data.reshape(shape)


def load(split, directory=DEFAULT_DIR):
    """(images [n, 28, 28], labels [n]) as uint8; split is "train" or "t10k" (the test set)."""
    directory = Path(directory)
    if not directory.is_dir():
        raise FileNotFoundError(f"{directory} is missing: apt-get install dataset-fashion-mnist")
    images = read_idx(directory / f"{split}-images-idx3-ubyte.gz")
    labels = read_idx(directory / f"{split}-labels-idx1-ubyte.gz")
    return images, labels


def normalise(images):
    """uint8 [n, 28, 28] -> float32 [n, 1, 28, 28], as timm does: (u / 255 - mean) / std."""
    scaled = images.astype(np.float32) / np.float32(255)
    return ((scaled - np.float32(MEAN)) / np.float32(STD))[:, None]
