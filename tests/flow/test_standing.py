"""Burnt-in letters stand over a pan, and what is behind them moves on."""

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from engine.color import WHITE
from engine.flow import candidate_blend as module
from engine.flow.standing import standing
from engine.flow.views import VIEWS, view_flows
from engine.paper.patches import Box

from .test_motion_network import moved_by
from .whole_blend import whole_blend

SIZE = (128, 224)


def letters(scale, thick, color=(1.0, 1.0, 1.0), outline=0):
    """Color and matte, (1, 3, H, W) and (1, 1, H, W), of a line of letters."""
    drawn, outer = np.zeros((*SIZE, 3), np.float32), None
    for width, value in ((thick + 2 * outline, (0, 0, 0)), (thick, color)):
        layer = np.zeros(SIZE, np.uint8)
        place, font = (30, 76), cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(layer, "WHERE IS IT?", place, font, scale, 255, width, cv2.LINE_AA)
        matte = layer[..., None].astype(np.float32) / 255
        drawn = drawn * (1 - matte) + np.array(value, np.float32) * matte
        outer = matte if outer is None else outer
    one, other = (torch.from_numpy(part).permute(2, 0, 1)[None] for part in (drawn, outer))
    return one / other.clamp(min=1e-3), other


def over(frames, drawn):
    color, matte = drawn
    return [frame * (1 - matte) + color * matte for frame in frames]


def pan(x, y):
    """A soft texture at 0, 1/2 and 1 of a motion of x, y pixels."""
    first, second = moved_by(x, y, SIZE)
    frames = first, moved_by(x // 2, y // 2, SIZE)[1], second
    return [F.avg_pool2d(frame, 3, 1, 1, count_include_pad=False) for frame in frames]


@torch.inference_mode()
def seen(network, first, second):
    return view_flows(network, first, second, torch.tensor([0.5]), VIEWS[:1])


def psnr_at(made, truth, where):
    return -10 * torch.log10((made - truth).square().mean(1, keepdim=True)[where].mean())


@pytest.mark.parametrize(
    ("motion", "drawn"),
    [
        ((14, 0), letters(0.45, 1)),
        ((-20, 8), letters(0.7, 2)),
        ((0, 12), letters(0.45, 1, (1.0, 0.9, 0.1), outline=1)),
        ((24, -12), letters(0.6, 2, (0.9, 0.1, 0.1))),
    ],
)
def test_letters_stand_over_a_pan(network, motion, drawn):
    first, truth, second = over(pan(*motion), drawn)
    made = whole_blend(first * WHITE, second * WHITE, seen(network, first, second), 0.5)
    around = F.max_pool2d(drawn[1], 5, 1, 2) > 0.02
    blend = (first + second) / 2
    ours, plain = (psnr_at(one, truth, around) for one in (made.image / WHITE, blend))
    assert ours > plain + 1.5
    assert made.weights[-1][drawn[1][0] > 0.9].mean() > 0.8


def found(network, first, second):
    view = seen(network, first, second)[0]
    whole = Box(0, 0, *first.shape[-2:])
    pair = first * WHITE, second * WHITE
    return standing(*pair, view, [(whole, whole)], torch.device("cpu"), lambda: None)


def test_a_pan_without_letters_has_none(network):
    for motion in ((14, 0), (-9, 5)):
        first, _, second = pan(*motion)
        assert found(network, first, second) is None


def test_a_still_frame_with_letters_is_left_alone(network):
    first = over(pan(0, 0)[:1], letters(0.6, 2))[0]
    assert found(network, first, first) is None


def test_what_passes_before_a_still_picture_hides_it(network):
    """A narrow thing that moves by more than its width: what is behind it is no letters."""
    still, _, _ = pan(0, 0)
    hand, _ = moved_by(3, 0, (60, 20))
    frames = [still.clone(), still.clone()]
    for frame, left in zip(frames, (60, 100), strict=True):
        frame[..., 20:80, left : left + 20] = hand * 0.4
    made = found(network, *frames)
    assert made is None or (made.letters > 25).float().mean() < 0.002


def test_what_one_frame_hides_is_taken_from_the_other(network):
    drawn = letters(0.7, 2)
    first, _, second = over(pan(20, 0), drawn)
    front = found(network, first, second)
    box = Box(0, 0, *SIZE)
    behind = front.behind(first * WHITE, second * WHITE, 0.5, box)
    clean = pan(20, 0)[1]
    right = torch.roll(drawn[1], 10, 3)  # where the first frame has letters halfway
    once = (right > 0.5) & (torch.roll(drawn[1], -10, 3) == 0)
    ours, plain = (
        psnr_at(one, clean, once) for one in (behind.pictures / WHITE, (first + second) / 2)
    )
    assert ours > plain + 6


def test_tiles_do_not_show_around_letters(network, monkeypatch):
    first, _, second = over(pan(14, 0), letters(0.6, 2))
    views = seen(network, first, second)
    whole = whole_blend(first * WHITE, second * WHITE, views, 0.5)
    monkeypatch.setattr(module, "_TILE", (32, 48))
    parts = whole_blend(first * WHITE, second * WHITE, views, 0.5)
    assert whole.weights.shape[0] == 3
    assert (parts.image - whole.image).abs().max() < 0.01 * WHITE
