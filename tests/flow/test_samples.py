"""Samples of an aligned network go by looks of their own; their mean, and what they spread by."""

from dataclasses import replace
from fractions import Fraction

import pytest
import torch

from engine.color import WHITE
from engine.flow import intermediate, targets
from engine.flow.prefetch import Ahead, fingerprint
from engine.inference.interpolator import Interpolator, Task
from engine.paper import cascade
from tests.flow.test_fusion_head import CONFIG, SMALL, spoken, untrained
from tests.flow.test_intermediate import pan, share, texture
from tests.paper.test_cascade import noise

DIRECT = replace(CONFIG, direct=True)
HEIGHT, WIDTH = 64, 112


def disagreed():
    """(first, second), (3, H, W): a texture that repeats moves by half of its period; the right
    half stands still.
    """
    tile = texture(16, 16, seed=4)
    wall = tile.repeat(1, 6, 8)
    still = texture(HEIGHT, WIDTH, seed=5)
    moved = [wall[:, :HEIGHT, left : left + WIDTH] for left in (0, 8)]
    left_half = torch.arange(WIDTH) < WIDTH // 2
    return [torch.where(left_half, image, still) for image in moved]


def direct():
    """A denoiser that says the same whatever the noise is."""
    made = untrained(DIRECT)
    torch.nn.init.normal_(made.network.out.weight, std=0.05)
    return made


@torch.no_grad()
def made_by(denoiser, pair, quality, flows=None, first_sample=0, fraction=0.25):
    def drawn(stage, sample, size):
        return noise(stage, first_sample + sample, size)

    return cascade.interpolate(
        denoiser, *pair, fraction, quality, drawn, uncertainty=True, flows=flows
    )


@pytest.fixture(scope="module")
def known():
    """All looks of the pair that they disagree on."""
    first, second = disagreed()
    return intermediate.looks(first[None], second[None], 4)


@pytest.mark.parametrize(
    ("average", "depth", "merge"), [("stage", 1, "step"), ("stage", 1, "stage"), ("end", 3, "step")]
)
@pytest.mark.parametrize("denoiser", [direct, spoken])
def test_the_result_is_the_mean_of_what_each_look_gives_and_the_variance_theirs(
    denoiser, average, depth, merge, known
):
    pair, network = disagreed(), denoiser()
    one = replace(SMALL, patch=(32, 48), cascade_depth=depth, merge=merge)
    alone = torch.stack([made_by(network, pair, one, (known[n],), n).image for n in range(3)])
    made = made_by(network, pair, replace(one, samples=3, average=average))
    torch.testing.assert_close(made.image, alone.mean(0), atol=1e-6, rtol=0)
    torch.testing.assert_close(made.variance, alone.var(0, correction=0), atol=1e-6, rtol=1e-4)
    assert (alone[1] - alone[0]).abs().max() > 0.05


@pytest.mark.parametrize("average", ["stage", "end"])
def test_samples_spread_where_the_looks_disagree_and_nowhere_else(average, known):
    pair = disagreed()
    quality = replace(SMALL, samples=4, cascade_depth=2, average=average)
    variance = made_by(untrained(DIRECT), pair, quality, known).variance.mean(0)
    moving, still = variance[8:-8, 8:40], variance[8:-8, -32:-8]
    assert moving.mean() > 1e-4 * WHITE**2
    assert still.mean() < 1e-3 * moving.mean()
    nothing = made_by(direct(), (pair[0], pair[0]), quality).variance
    assert nothing.max() < 1e-6 * WHITE**2


def test_in_a_deeper_cascade_every_stage_has_a_guess_of_its_own_for_each_sample(known):
    """Untrained: the mean of the guides' mixes at full size, whatever the stages below said."""
    pair = disagreed()
    quality = replace(SMALL, samples=2, cascade_depth=3)
    made = made_by(untrained(DIRECT), pair, quality, known[:2]).image
    mixes = []
    for flows in known[:2]:
        first, second = (image[None] for image in pair)
        guide = intermediate.guide(first, second, share(0.25), flows)
        seen = intermediate.aligned(first, second, guide, share(0.25))
        mixes.append(intermediate.mix_of_warps(seen)[0])
    off = (made - torch.stack(mixes).mean(0)).abs().mean()
    assert all(off < 0.5 * (made - mix).abs().mean() for mix in mixes)


def test_one_sample_goes_by_the_first_look_however_many_are_known(known):
    pair = disagreed()
    quality = replace(SMALL, cascade_depth=2)
    alone = made_by(spoken(), pair, quality, intermediate.looks(pair[0][None], pair[1][None], 1))
    assert torch.equal(made_by(spoken(), pair, quality, known).image, alone.image)
    assert torch.equal(made_by(spoken(), pair, quality).image, alone.image)


def test_the_guide_of_one_sample_is_made_once_for_all_stages_and_one_is_kept(monkeypatch, known):
    pair, made = disagreed(), []
    guide = intermediate.guide

    def counted(*arguments):
        made.append(1)
        return guide(*arguments)

    monkeypatch.setattr(intermediate, "guide", counted)
    made_by(direct(), pair, replace(SMALL, cascade_depth=3), known)
    assert len(made) == 1
    guides = targets.Guides(*pair, 0.25, known[:3])
    small = cascade.resize(pair[0], (HEIGHT // 2, WIDTH // 2))
    for sample in (0, 0, 1, 1, 2, 3):
        here = guides.at_stage(sample, small)
        assert here.guide.shape[-2:] == (HEIGHT // 4, WIDTH // 4)
    assert len(made) == 1 + 4  # looks 0, 1, 2, and 0 again


def test_after_the_last_look_the_samples_begin_with_the_first(known):
    pair = disagreed()
    twice = made_by(direct(), pair, replace(SMALL, samples=4), known[:2])
    once = made_by(direct(), pair, replace(SMALL, samples=2), known[:2])
    torch.testing.assert_close(twice.image, once.image, atol=1e-6, rtol=0)
    torch.testing.assert_close(twice.variance, once.variance, atol=1e-6, rtol=1e-3)


@pytest.mark.parametrize("fraction", [0.25, 0.5])
def test_time_run_backwards_gives_the_same_mean(fraction):
    first, second = pan(8, -4, fraction, 96, 128)[::2]
    quality = replace(SMALL, samples=4)
    there = made_by(untrained(DIRECT), (first[0], second[0]), quality, fraction=fraction)
    back = made_by(untrained(DIRECT), (second[0], first[0]), quality, fraction=1 - fraction)
    torch.testing.assert_close(there.image, back.image, atol=2e-3, rtol=0)


@pytest.fixture
def searched(monkeypatch):
    """How many looks were searched for, search by search."""
    asked = []

    def counted(*arguments):
        asked.append(len(found := intermediate.looks(*arguments)))
        return found

    monkeypatch.setattr("engine.inference.interpolator.looks", counted)
    return asked


def task(samples):
    return Task(replace(SMALL, samples=samples), "1")


def test_more_samples_of_a_known_pair_find_more_looks_and_fewer_go_by_the_first(searched):
    pair = disagreed()
    alone = Interpolator(direct()).between(*pair, Fraction(1, 4), task(1)).image
    several = Interpolator(direct()).between(*pair, Fraction(1, 4), task(4))
    del searched[:]
    interpolator = Interpolator(direct())
    for samples, expected in ((1, alone), (4, several.image), (1, alone), (2, None)):
        made = interpolator.between(*pair, Fraction(1, 4), task(samples))
        assert expected is None or torch.equal(made.image, expected)
    assert searched == [1, 4]
    assert len(several.flows) == 4
    assert not torch.equal(alone, several.image)


def test_what_the_color_moved_by_is_all_that_the_next_layer_needs(searched):
    pair = disagreed()
    interpolator = Interpolator(direct())
    color = interpolator.between(*pair, Fraction(1, 4), task(3))
    again = interpolator.between(*pair, Fraction(1, 4), task(3), color.flows)
    assert torch.equal(again.image, color.image)
    assert again.flows is color.flows
    assert searched == [3]


def test_looks_are_found_ahead_as_many_as_needed(searched):
    pair = disagreed()
    expected = Interpolator(direct()).between(*pair, Fraction(1, 4), task(4)).image
    del searched[:]
    interpolator = Interpolator(direct())
    interpolator.look_ahead(lambda: iter(pair), 4)
    assert torch.equal(interpolator.between(*pair, Fraction(1, 4), task(4)).image, expected)
    assert searched == []
    known = Ahead(lambda: iter(pair), 2).of(fingerprint(*pair))
    assert len(known) == 2
    other = Interpolator(direct())
    other.look_ahead(lambda: iter(pair), 2)
    assert torch.equal(other.between(*pair, Fraction(1, 4), task(4)).image, expected)
    assert searched == [4]
