"""One number of threads, one picture; another number, one that no eye and no 8-bit file tells."""

from fractions import Fraction

import pytest
import torch
from torch.nn import functional as F

from engine.color import WHITE
from engine.inference.backends import interpolator_of
from engine.inference.interpolator import Task
from engine.inference.weights_file import weights_path
from hifi_ofx.quality import Machine, preset

STEP = WHITE / 255  # of an 8-bit display


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def moved(pixels):
    """A rough picture (3, 192, 320), moved down and right."""
    rough = torch.rand(1, 3, 24, 40, generator=torch.Generator().manual_seed(7))
    picture = F.interpolate(rough, (192, 320), mode="bicubic", align_corners=False)[0]
    return torch.roll(picture.clamp(0, 1), (pixels, 2 * pixels), (1, 2)).contiguous()


def middle(count, threads):
    threads(count)
    quality = preset("draft")
    network = interpolator_of(weights_path("motion"), Machine(device="cpu"), quality)
    return network.interpolate(moved(0), moved(3), Fraction(1, 3), Task(quality, "1")).image


def test_the_number_of_threads_changes_less_than_a_fiftieth_of_an_8_bit_step(threads):
    one, two, four = (middle(count, threads) for count in (1, 2, 4))
    for other in (two, four):
        assert (one - other).abs().max() < STEP / 50
    assert torch.equal(two, middle(2, threads))
    assert (one - moved(0)).abs().max() > STEP  # it is not simply a frame
