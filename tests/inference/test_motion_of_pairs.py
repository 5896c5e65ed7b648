"""The motion of a pair is found once, as much of it as its samples need."""

from dataclasses import replace
from fractions import Fraction

import pytest
import torch

from engine.flow.estimate import flow_ensemble
from engine.flow.prefetch import Prefetch, fingerprint
from engine.inference.diffusion_interpolator import DiffusionInterpolator
from engine.inference.interpolator import Task
from tests.flow.test_fusion_head import SMALL, spoken, untrained
from tests.flow.test_intermediate import pan
from tests.flow.test_samples import direct, disagreed


@pytest.fixture
def searched(monkeypatch):
    """How many members were searched for, search by search."""
    asked = []

    def counted(*arguments):
        asked.append(len(found := flow_ensemble(*arguments)))
        return found

    monkeypatch.setattr("engine.flow.searches.flow_ensemble", counted)
    return asked


def task(samples):
    return Task(replace(SMALL, samples=samples), "1")


def test_more_samples_of_a_known_pair_find_more_members_and_fewer_go_by_the_first(searched):
    pair = disagreed()
    alone = DiffusionInterpolator(direct()).interpolate(*pair, Fraction(1, 4), task(1)).image
    several = DiffusionInterpolator(direct()).interpolate(*pair, Fraction(1, 4), task(4))
    del searched[:]
    interpolator = DiffusionInterpolator(direct())
    for samples, expected in ((1, alone), (4, several.image), (1, alone), (2, None)):
        made = interpolator.interpolate(*pair, Fraction(1, 4), task(samples))
        assert expected is None or torch.equal(made.image, expected)
    assert searched == [1, 4]
    assert len(several.motion) == 4
    assert not torch.equal(alone, several.image)


def test_what_the_color_moved_by_is_all_that_the_next_layer_needs(searched):
    pair = disagreed()
    interpolator = DiffusionInterpolator(direct())
    color = interpolator.interpolate(*pair, Fraction(1, 4), task(3))
    again = interpolator.interpolate(*pair, Fraction(1, 4), task(3), color.motion)
    assert torch.equal(again.image, color.image)
    assert again.motion is color.motion
    assert searched == [3]


def test_as_many_members_are_prefetched_as_are_needed(searched):
    pair = disagreed()
    expected = DiffusionInterpolator(direct()).interpolate(*pair, Fraction(1, 4), task(4)).image
    del searched[:]
    interpolator = DiffusionInterpolator(direct())
    interpolator.prefetch(lambda: iter(pair), replace(SMALL, samples=4))
    assert torch.equal(interpolator.interpolate(*pair, Fraction(1, 4), task(4)).image, expected)
    assert searched == []
    known = Prefetch(lambda: iter(pair), 2).of(fingerprint(*pair))
    assert len(known) == 2
    other = DiffusionInterpolator(direct())
    other.prefetch(lambda: iter(pair), replace(SMALL, samples=2))
    assert torch.equal(other.interpolate(*pair, Fraction(1, 4), task(4)).image, expected)
    assert searched == [4]


def test_motion_is_found_once_a_pair_and_again_for_another(searched):
    interpolate = DiffusionInterpolator(spoken()).interpolate
    first, second = (image[0] for image in pan(8, -4, 0.5, 64, 80)[::2])
    made = interpolate(first, second, Fraction(1, 4), task(1)).image
    interpolate(first, second, Fraction(1, 2), task(1))
    assert torch.equal(interpolate(first.clone(), second, Fraction(1, 4), task(1)).image, made)
    assert searched == [1]
    interpolate(second, first, Fraction(1, 2), task(1))
    assert searched == [1, 1]


def test_a_pair_of_another_shape_with_the_same_bytes_is_another_pair():
    interpolator = DiffusionInterpolator(untrained())
    for size in ((32, 48), (48, 32)):
        dark = torch.zeros(3, *size)
        flows = interpolator.interpolate(dark, dark, Fraction(1, 2), task(1)).motion
        assert flows[0].shape[-2:] == (size[0] // 2, size[1] // 2)
