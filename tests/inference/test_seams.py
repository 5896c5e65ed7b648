"""No visible seam at patch borders: steps across them are no larger than beside them."""

from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from torch.nn import functional as F

from engine.inference.interpolator import Task
from engine.inference.model_cache import Loaded
from hifi_ofx.quality import Machine, Quality

SIZE = (256, 320)


def smooth_motion():
    """Two frames of a smooth texture that moves by (6, 3) pixels: every step in it is gentle."""
    generator = torch.Generator().manual_seed(3)
    coarse = torch.rand(1, 3, 20, 24, generator=generator)
    world = F.interpolate(coarse, (SIZE[0] + 32, SIZE[1] + 32), mode="bicubic")[0].clamp(0, 1) / 2
    return world[:, 8:264, 8:328].contiguous(), world[:, 11:267, 14:334].contiguous()


def steps_at(image, columns):
    """Mean absolute difference between each of the columns and the one before it."""
    columns = torch.tensor(sorted(columns))
    return (image[..., columns] - image[..., columns - 1]).abs().mean().item()


@pytest.mark.parametrize(
    ("name", "merge"), [("aligned", "step"), ("aligned", "stage"), ("motion", "step")]
)
def test_steps_across_patch_borders_are_no_larger_than_beside_them(name, merge):
    quality = Quality(samples=1, patch=(96, 96), cascade_depth=1, merge=merge)
    interpolator, _ = Loaded().load(name, Machine(device="cpu"), quality)
    first, second = smooth_motion()
    made, whole = (
        interpolator.interpolate(first, second, Fraction(1, 2), Task(knobs, "1")).image
        for knobs in (quality, replace(quality, patch=(512, 512)))
    )
    boxes = interpolator.work(quality, SIZE).stages[0].boxes
    borders = {box.left for box in boxes} | {box.left + box.width for box in boxes}
    borders -= {0, SIZE[1]}
    beside = {c + d for c in borders for d in (-6, -5, -4, 4, 5, 6)} - borders
    assert len(borders) >= 2

    def across(image):
        return steps_at(image, borders) / steps_at(image, beside)

    # The picture itself may be a little steeper here or there: in one patch it says how much.
    assert across(made) <= 1.1 * across(whole)
