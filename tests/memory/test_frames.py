"""Memory of whole frames: outside of the heap, and the system's again when they are let go."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from engine.memory import frames

LARGE = 3, 2000, 1700  # 41 MB of float32, which the heap would keep

# In a process of its own, whose heap keeps what is freed as the engine's does.
PROGRAM = """
import psutil, torch
from engine.memory import frames
from engine.memory.heap import keep_freed

def grown():
    return psutil.Process().memory_info().rss - before

keep_freed()
torch.ones(1000).sum()
before = psutil.Process().memory_info().rss
image = frames.empty((3, 2000, 1700)).fill_(1)
small = torch.ones(1000)  # behind it, where there is one heap
said = [grown()]
part = image[:, 7:9, 5]
del image
assert part.sum() == part.numel()
said.append(grown())
del part
print(*said, grown())
"""


def test_a_frame_holds_what_is_written_into_it():
    generator = torch.Generator().manual_seed(1)
    values = torch.rand(LARGE, generator=generator)
    image = frames.copied(values)
    assert image.dtype == torch.float32 and torch.equal(image, values)
    image[0] = 2
    assert image[0].min() == 2 and torch.equal(image[1:], values[1:])
    plane = frames.empty_plane((1100, 1000), np.dtype(np.float16))
    plane[:] = 0.5
    assert plane.dtype == np.float16 and plane.shape == (1100, 1000) and plane.sum(dtype=int) == 0
    assert plane.mean(dtype=np.float64) == 0.5


@pytest.mark.parametrize("shape", [(0, 5), (3, 4)])
def test_small_ones_are_as_any_other(shape):
    assert frames.empty(shape, torch.uint8).shape == shape
    assert frames.empty_plane(shape, np.dtype(np.uint32)).shape == shape


@pytest.mark.skipif(sys.platform != "linux", reason="only there frames are mapped")
def test_a_frame_is_given_back_at_once_and_a_part_of_it_keeps_it():
    said = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True)
    whole, of_a_part, after = (int(word) for word in said.stdout.split())
    assert min(whole, of_a_part) > 38e6
    assert after < 4e6


@pytest.mark.skipif(sys.platform != "linux", reason="only there frames are mapped")
def test_a_kernel_without_huge_pages_has_frames_too(monkeypatch):
    monkeypatch.setattr(frames.mmap, "MADV_HUGEPAGE", 9999)  # which no kernel knows, either
    assert frames.empty(LARGE).fill_(3).mean() == 3


@pytest.mark.skipif(sys.platform != "linux", reason="only there frames are mapped")
def test_a_frame_that_memory_has_no_room_for_is_a_memory_error():
    with pytest.raises(MemoryError, match="bytes for a frame"):
        frames.empty((1 << 20, 1 << 30), torch.uint8)
