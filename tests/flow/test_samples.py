"""Samples of a network that sees warped frames go by members of the flow ensemble: mean, spread."""

from dataclasses import replace

import pytest
import torch

from engine.color import WHITE
from engine.flow import targets
from engine.flow.estimate import flow_ensemble
from engine.paper import cascade
from tests.flow import test_fusion_head
from tests.flow.test_fusion_head import CONFIG, SMALL, blend_with, spoken, untrained
from tests.flow.test_intermediate import pan, texture
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
    return spoken(DIRECT)


def made_by(denoiser, pair, quality, flows=None, first_sample=0, fraction=0.25):
    def drawn(stage, sample, size):
        return noise(stage, first_sample + sample, size)

    return test_fusion_head.made_by(
        denoiser, *pair, fraction, quality, flows, drawn, uncertainty=True
    )


@pytest.fixture(scope="module")
def known():
    """All members for the pair that they disagree on."""
    first, second = disagreed()
    return flow_ensemble(first[None], second[None], 4)


@pytest.mark.parametrize(
    ("average", "depth", "merge"), [("stage", 1, "step"), ("stage", 1, "stage"), ("end", 3, "step")]
)
@pytest.mark.parametrize("denoiser", [direct, spoken])
def test_the_result_is_the_mean_of_what_each_member_gives_and_the_variance_theirs(
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
def test_samples_spread_where_the_members_disagree_and_nowhere_else(average, known):
    pair = disagreed()
    quality = replace(SMALL, samples=4, cascade_depth=2, average=average)
    variance = made_by(untrained(DIRECT), pair, quality, known).variance.mean(0)
    moving, still = variance[8:-8, 8:40], variance[8:-8, -32:-8]
    assert moving.mean() > 1e-4 * WHITE**2
    assert still.mean() < 1e-3 * moving.mean()
    nothing = made_by(direct(), (pair[0], pair[0]), quality).variance
    assert nothing.max() < 1e-6 * WHITE**2


def test_in_a_deeper_cascade_every_stage_has_a_blend_of_its_own_for_each_sample(known):
    """Untrained: the mean of the members' blends at full size, whatever the stages below said."""
    pair = disagreed()
    quality = replace(SMALL, samples=2, cascade_depth=3)
    made = made_by(untrained(DIRECT), pair, quality, known[:2]).image
    blends = [blend_with(flows, *pair, 0.25) for flows in known[:2]]
    off = (made - torch.stack(blends).mean(0)).abs().mean()
    assert all(off < 0.5 * (made - blend).abs().mean() for blend in blends)


def test_one_sample_goes_by_the_first_member_however_many_are_known(known):
    pair = disagreed()
    quality = replace(SMALL, cascade_depth=2)
    first = flow_ensemble(pair[0][None], pair[1][None], 1)
    alone = made_by(spoken(), pair, quality, first)
    assert torch.equal(made_by(spoken(), pair, quality, known).image, alone.image)
    assert torch.equal(made_by(spoken(), pair, quality).image, alone.image)


def test_the_flow_of_one_sample_is_made_once_for_all_stages_and_one_is_kept(monkeypatch, known):
    pair, made = disagreed(), []
    intermediate_flow = targets.intermediate_flow

    def counted(*arguments):
        made.append(1)
        return intermediate_flow(*arguments)

    monkeypatch.setattr(targets, "intermediate_flow", counted)
    made_by(direct(), pair, replace(SMALL, cascade_depth=3), known)
    assert len(made) == 1
    target = targets.Warped(*pair, 0.25, known[:3], CONFIG.difference)
    small = cascade.condition_on(
        *(cascade.resize(image, (HEIGHT // 2, WIDTH // 2)) for image in pair), None
    )
    for sample in (0, 0, 1, 1, 2, 3):
        target.stage(small, sample)
    assert len(made) == 1 + 4  # members 0, 1, 2, and 0 again


def test_after_the_last_member_the_samples_begin_with_the_first(known):
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
