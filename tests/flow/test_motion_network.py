"""The motion network: the published tensors give the published figures, and motion is motion."""

import cv2
import pytest
import torch
from torch.nn import functional as F

from engine.evaluation.figures import psnr
from engine.flow.motion_network import warped

HALF = torch.tensor([0.5])


def texture(height, width, seed=0):
    """Smooth noise with detail at several scales, (1, 3, height, width) in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    layers = [
        F.interpolate(
            torch.rand(1, 3, height // cell, width // cell, generator=generator),
            (height, width), mode="bicubic",
        )
        for cell in (4, 8, 32)
    ]  # fmt: skip
    return (sum(layers) / 3).clamp(0, 1)


def moved_by(x, y, size=(128, 192)):
    """Two windows of one texture: what is in the first is x, y further on in the second."""
    whole, rim = texture(size[0] + 64, size[1] + 64), 32
    cut = [
        whole[..., rim - dy : rim - dy + size[0], rim - dx : rim - dx + size[1]]
        for dx, dy in ((0, 0), (x, y))
    ]
    return cut[0], cut[1]


def inside(image, rim=24):
    return image[..., rim:-rim, rim:-rim]


@torch.inference_mode()
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m10_park_joy", 26.22),
        ("d_burnout", 27.52),
        pytest.param("m02_cups", 31.64, marks=pytest.mark.slow),
        pytest.param("m03_blocks_grid", 29.17, marks=pytest.mark.slow),
    ],
)
def test_a_frame_between_two_is_as_good_as_published(network, data, name, expected):
    first, truth, second = (
        torch.from_numpy(cv2.imread(str(data / "eval" / name / f"{number}.png"))[..., ::-1].copy())
        .permute(2, 0, 1)[None] / 255
        for number in range(3)
    )  # fmt: skip
    found = network(first, second, HALF)
    seen = torch.sigmoid(found.mask)
    made = seen * warped(first, found.flow[:, :2]) + (1 - seen) * warped(second, found.flow[:, 2:])
    assert psnr(made, truth) == pytest.approx(expected, abs=0.01)


@torch.inference_mode()
def test_equal_frames_do_not_move(network):
    still = texture(96, 160)
    assert network(still, still, HALF).flow.abs().mean() < 0.05


@torch.inference_mode()
@pytest.mark.parametrize("fraction", [0.25, 0.5, 0.8])
@pytest.mark.parametrize("way", [(12, 0), (-5, 7)])
def test_a_moved_texture_is_found_where_it_is_at_every_time(network, way, fraction):
    found = network(*moved_by(*way), torch.tensor([fraction])).flow
    expected = torch.tensor([[-fraction * way[0], -fraction * way[1],
                              (1 - fraction) * way[0], (1 - fraction) * way[1]]])  # fmt: skip
    assert (inside(found).mean((-1, -2)) - expected).abs().max() < 0.5


@torch.inference_mode()
def test_fine_blocks_go_on_from_what_coarse_ones_found(network):
    pair = moved_by(12, -6)
    whole = network(*pair, HALF)
    coarse = network(*pair, HALF, blocks=range(2))
    fine = network(*pair, HALF, known=coarse, blocks=range(2, 5))
    for one, other in zip(whole, fine, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-3)
    expected = torch.tensor([-6.0, 3.0, 6.0, -3.0])
    assert (inside(coarse.flow).mean((0, 2, 3)) - expected).abs().max() < 2


@torch.inference_mode()
def test_pictures_of_a_batch_do_not_mix_and_sizes_need_not_be_multiples(network):
    pairs = [moved_by(8, 0, (75, 110)), moved_by(-4, 4, (75, 110))]
    fractions = torch.tensor([0.5, 0.3])
    together = network(*(torch.cat(side) for side in zip(*pairs, strict=True)), fractions)
    for number, pair in enumerate(pairs):
        alone = network(*pair, fractions[number : number + 1])
        assert alone.flow.shape == (1, 4, 75, 110)
        torch.testing.assert_close(together.flow[number], alone.flow[0], atol=1e-3, rtol=1e-3)


def test_blocks_that_have_nothing_to_go_on_say_so(network):
    pair = moved_by(0, 0, (64, 64))
    with pytest.raises(ValueError, match="block 2 starts from"):
        network(*pair, HALF, blocks=range(2, 5))
    with pytest.raises(ValueError, match="no block"):
        network(*pair, HALF, blocks=())


def test_a_picture_is_taken_from_where_motion_points_to():
    picture = torch.arange(12.0).reshape(1, 1, 3, 4)
    right = torch.zeros(1, 2, 3, 4)
    right[:, 0] = 1
    expected = torch.tensor([[1, 2, 3, 3], [5, 6, 7, 7], [9, 10, 11, 11.0]])
    torch.testing.assert_close(warped(picture, right)[0, 0], expected)
