"""Small benchmarks on disk, in the layouts they are published in."""

import sys
import types

import numpy as np
import OpenImageIO as oiio
import pytest
import torch

from engine.__main__ import main
from engine.evaluation import figures


def write_png(path, pixels):
    """8-bit RGB pixels (height, width, 3), written without our own code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], 3, "uint8")
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec)
    assert output.write_image(np.ascontiguousarray(pixels))
    output.close()


def gray(path, value, size=(24, 40)):
    """A picture of one value, by which a frame is known again."""
    write_png(path, np.full((*size, 3), value, np.uint8))


def texture(seed, size=(40, 64)):
    """A smooth random texture, which optical flow can follow: blurred blocks of 12 pixels."""
    generator = np.random.default_rng(seed)
    blocks = generator.uniform(0, 255, (size[0] // 12 + 1, size[1] // 12 + 1, 3))
    fine = np.repeat(np.repeat(blocks, 12, axis=0), 12, axis=1)
    for axis in (0, 1):
        fine = sum(np.roll(fine, shift, axis) for shift in range(-4, 5)) / 9
    return fine[: size[0], : size[1]]


def panned(seed, position, size=(40, 64)):
    """What a camera over a texture sees, `position` pixels to the right."""
    wide = texture(seed, (size[0], size[1] + 40))
    return np.rint(wide[:, position : position + size[1]]).astype(np.uint8)


@pytest.fixture
def triplet_root(tmp_path):
    """Two triplets of a pan; the first with tags."""
    for seed, name in enumerate(("a", "b")):
        for number in (0, 1, 2):
            write_png(tmp_path / "set" / name / f"{number}.png", panned(seed, 4 * number))
    (tmp_path / "set" / "a" / "meta.json").write_text('{"tags": "pan,large-motion,fence"}')
    return tmp_path / "set"


@pytest.fixture
def evaluate(tmp_path):
    """A function that runs the command on the CPU with small patches, for its exit code."""

    def run(benchmark, root, *words, weights=None):
        quality = ["--preset", "draft", "--patch", "32x48", "--cascade-depth", "2"]
        network = ["--weights", str(weights)] if weights else []
        place = ["evaluate", benchmark, str(root), "--device", "cpu"]
        return main([*place, *quality, *network, *map(str, words)])

    return run


class FakeLpips(torch.nn.Module):
    """Stands for the package's network: a multiple of the mean distance, which tells the range it
    was given, and which backbone it was asked for."""

    def __init__(self, net, verbose):
        super().__init__()
        self.factor = {"alex": 1, "vgg": 10, "squeeze": 100}[net]

    def forward(self, one, other):
        assert one.shape == other.shape and one.shape[:2] == (1, 3)
        return self.factor * (one - other).abs().mean().reshape(1, 1, 1, 1)


BACKBONES = {
    "alex": "alexnet-owt-7be5be79.pth",
    "vgg": "vgg16-397923af.pth",
    "squeeze": "squeezenet1_1-b8a52dc0.pth",
}  # as torchvision names them


@pytest.fixture
def lpips(monkeypatch, tmp_path):
    """The folder that backbones' weights are looked for in, the package being there."""
    package = types.ModuleType("lpips")
    package.LPIPS = FakeLpips
    monkeypatch.setitem(sys.modules, "lpips", package)
    monkeypatch.setattr(figures.metadata, "version", lambda name: "0.1.4")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"
