"""The simple methods, by what they make of motion that is known."""

import re
from fractions import Fraction

import pytest
import torch

from engine.color import display_to_model
from engine.evaluation import layouts, methods
from engine.evaluation.figures import available, psnr
from engine.evaluation.pictures import Pair, Reader, display, full
from hifi_ofx.errors import InvalidSetting

from .conftest import panned


def image(position):
    pixels = torch.from_numpy(panned(3, position, (96, 128))).permute(2, 0, 1)
    return display_to_model(pixels / 255)


@pytest.fixture
def pan():
    return Pair("pan", image(0), image(8))


def test_blend_and_nearest(pan):
    quarter, half = Fraction(1, 4), Fraction(1, 2)
    expected = pan.first * 0.75 + pan.second * 0.25
    assert torch.allclose(methods.blend(pan)(quarter), expected, atol=1e-6)
    assert torch.equal(methods.nearest(pan)(half), pan.first)
    assert torch.equal(methods.nearest(pan)(Fraction(3, 4)), pan.second)


@pytest.mark.parametrize("fraction", [Fraction(1, 4), Fraction(1, 2), Fraction(7, 8)])
def test_dis_follows_a_pan_to_any_fraction(pan, fraction):
    pytest.importorskip("cv2")
    made, truth = methods.dis(pan)(fraction), image(int(8 * fraction))
    inside = (..., slice(16, -16), slice(24, -24))
    assert psnr(display(made)[inside], display(truth)[inside]) > 40
    assert psnr(display(methods.blend(pan)(fraction))[inside], display(truth)[inside]) < 35


def test_dis_keeps_highlights(pan):
    pytest.importorskip("cv2")
    bright = Pair("bright", pan.first * 1.8, pan.first * 1.8)  # above the model's white, 0.5
    assert torch.allclose(methods.dis(bright)(Fraction(1, 2)), bright.first, atol=1e-3)


def test_methods_are_chosen_by_name(monkeypatch):
    assert methods.chosen("blend, ours,blend") == (("blend", "ours"), ())
    for wrong in ("", "blend,flow"):
        with pytest.raises(InvalidSetting, match="--methods names"):
            methods.chosen(wrong)
    monkeypatch.setattr(methods, "has_opencv", lambda: False)
    with pytest.raises(InvalidSetting) as raised:
        methods.chosen("dis")
    assert "opencv" in raised.value.hint
    names, left_out = methods.chosen(None)
    assert names == ("ours", "blend", "nearest")
    assert "opencv" in left_out[0]


def test_the_guide_of_warped_frames_follows_a_pan(pan):
    """Only when it is named: it says what aligned weights start from, nothing of others."""
    assert "guide" not in methods.chosen(None)[0]
    moved = methods.guide(pan)(Fraction(1, 2))
    inside = (..., slice(16, -16), slice(24, -24))
    blended = methods.blend(pan)(Fraction(1, 2))
    compensated = methods.dis(pan)(Fraction(1, 2))
    assert psnr(display(moved)[inside], display(compensated)[inside]) > 35
    assert psnr(display(moved)[inside], display(blended)[inside]) < 35


@pytest.mark.parametrize("name", ["mb_Hydrangea", "d_burnout", "m10_park_joy"])
def test_dis_reproduces_the_published_baseline(data, name):
    pytest.importorskip("cv2")
    pytest.importorskip("skimage")
    row = re.search(rf"^\| {name} \|(.*)", (data / "README.md").read_text(), re.M)[1].split("|")
    (item,) = [item for item in layouts.triplets(data / "eval") if item.name == name]
    reader = Reader(item, full)
    pair = reader.pair()
    truth = display(reader.truth(item.truths[0], pair))
    compute = available(torch.device("cpu")).compute
    for method, published in ((methods.blend, row[3]), (methods.dis, row[4])):
        made = display(method(pair)(Fraction(1, 2)))
        decibels, similarity = map(float, published.split("/"))
        assert compute["psnr"](made, truth) == pytest.approx(decibels, abs=0.02)
        assert compute["ssim"](made, truth) == pytest.approx(similarity, abs=0.002)
