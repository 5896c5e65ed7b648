"""Figures against computations of their own."""

import sys

import numpy as np
import pytest
import torch

from engine.evaluation import figures
from hifi_ofx.errors import InvalidSetting

from .conftest import BACKBONES

CPU = torch.device("cpu")


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(3, 20, 30, generator=generator)
    noise = torch.randn(3, 20, 30, generator=generator)
    return (truth + 0.1 * noise).clamp(0, 1), truth


def test_psnr_of_a_known_error():
    truth = torch.full((3, 4, 4), 0.5)
    assert figures.psnr(truth + 0.01, truth) == pytest.approx(40, abs=1e-4)
    assert figures.psnr(truth, truth) == pytest.approx(120)


def ssim_by_hand(image, truth):
    """Wang et al.: 7x7 windows, sample covariance, K1 = 0.01, K2 = 0.03, the mean over RGB."""
    scores = []
    for x, y in zip(image.double().numpy(), truth.double().numpy(), strict=True):
        x, y = (np.lib.stride_tricks.sliding_window_view(side, (7, 7)) for side in (x, y))
        x, y = (side.reshape(*side.shape[:2], 49) for side in (x, y))
        mean_x, mean_y = x.mean(-1), y.mean(-1)
        covariance = ((x - mean_x[..., None]) * (y - mean_y[..., None])).sum(-1) / 48
        variances = x.var(-1, ddof=1) + y.var(-1, ddof=1)
        one = (2 * mean_x * mean_y + 0.01**2) * (2 * covariance + 0.03**2)
        scores.append(one / ((mean_x**2 + mean_y**2 + 0.01**2) * (variances + 0.03**2)))
    return np.mean(scores)


def test_ssim_is_the_one_of_its_paper(images):
    pytest.importorskip("skimage")
    found = figures.available(CPU)
    assert found.compute["ssim"](*images) == pytest.approx(ssim_by_hand(*images), abs=1e-4)
    assert found.compute["ssim"](images[1], images[1]) == pytest.approx(1)
    assert "scikit-image" in found.described["ssim"]


def test_without_scikit_image_ssim_is_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    found = figures.available(CPU)
    assert "ssim" not in found.compute
    assert any("hifi-ofx[evaluate]" in sentence for sentence in found.left_out)


@pytest.mark.parametrize(
    ("there", "named", "factor", "title"),
    [
        (("alex",), None, 1, "AlexNet"),
        (("squeeze",), None, 100, "SqueezeNet 1.1"),
        (("squeeze", "vgg"), None, 10, "VGG16"),
        (("squeeze", "vgg", "alex"), None, 1, "AlexNet"),
        (("squeeze", "vgg", "alex"), "squeeze", 100, "SqueezeNet 1.1"),
    ],
)
def test_lpips_is_by_the_backbone_that_is_here(lpips, there, named, factor, title):
    for name in there:
        (lpips / BACKBONES[name]).touch()
    found = figures.available(CPU, named)
    black, white = torch.zeros(3, 4, 4), torch.ones(3, 4, 4)
    assert found.compute["lpips"](black, white) == pytest.approx(2 * factor)  # of [-1, 1]
    assert found.described["lpips"] == f"lpips 0.1.4, {title}; lower is better"


def test_lpips_without_weights_is_left_out_and_never_downloads(lpips):
    found = figures.available(CPU)
    assert "lpips" not in found.compute
    (sentence,) = (one for one in found.left_out if one.startswith("LPIPS is left out"))
    assert all(word in sentence for word in (str(lpips), "AlexNet", *BACKBONES.values()))


def test_a_backbone_that_is_named_is_not_replaced_by_another(lpips):
    (lpips / BACKBONES["alex"]).touch()
    with pytest.raises(InvalidSetting, match=r"VGG16 are not in .*Put vgg16-397923af\.pth there"):
        figures.available(CPU, "vgg")


def test_without_lpips_it_is_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "lpips", None)
    found = figures.available(CPU)
    assert any("hifi-ofx[lpips]" in sentence for sentence in found.left_out)
    with pytest.raises(InvalidSetting, match=r"hifi-ofx\[lpips\]"):
        figures.available(CPU, "alex")
