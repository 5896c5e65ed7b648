"""Eight symmetries of a pair: each finds the same motion, where the pictures tell it."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from engine.flow import estimate, search
from engine.flow.ensemble import IDENTITY, PER_MEMBER, SYMMETRIES, members_for
from tests.flow.test_intermediate import disc, pan
from tests.flow.test_search import disc_over_still, texture

NAMES = [
    "identity",
    "transposed",
    "180",
    "transposed, 180",
    "left-right",
    "90",
    "top-bottom",
    "-90",
]
every_symmetry = pytest.mark.parametrize("symmetry", SYMMETRIES, ids=NAMES)


def by_another_way(picture):
    """What the eight symmetries should be, by NumPy's own turns and mirrors."""
    transposed = picture.transpose(1, 0, 2)
    turned = [transposed, np.rot90(picture, 2), np.rot90(transposed, 2)]
    to_the_side = np.rot90(picture, -1), np.rot90(picture, 1)
    return [
        picture,
        *turned,
        np.fliplr(picture),
        to_the_side[0],
        np.flipud(picture),
        to_the_side[1],
    ]


def test_the_symmetries_are_all_turns_and_mirrors_of_a_picture():
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    for symmetry, expected in zip(SYMMETRIES, by_another_way(picture), strict=True):
        assert_array_equal(symmetry.of(picture), expected)


@every_symmetry
def test_motion_in_a_turned_picture_is_turned_back_exactly(symmetry):
    """A turned pixel goes to another one; their places in the picture itself say what it did."""
    height, width = 6, 9
    rows, columns = np.indices((height, width))
    places = np.stack([columns, rows, 0 * rows], axis=-1)  # every pixel says where it is
    seen = symmetry.of(places)
    generator = np.random.default_rng(1)
    there = [generator.integers(0, side, seen.shape[:2]) for side in seen.shape[:2]]
    here = np.indices(seen.shape[:2])
    motion = np.stack([there[1] - here[1], there[0] - here[0]], axis=-1).astype(np.float32)
    expected = np.zeros((height, width, 2), np.float32)
    expected[seen[..., 1], seen[..., 0]] = (seen[there[0], there[1]] - seen)[..., :2]
    assert_array_equal(symmetry.undone(motion), expected)


@every_symmetry
def test_the_dense_search_finds_a_pan_in_every_symmetry(symmetry):
    """To the right and up, in a picture that is no square: sign and axis."""
    wide = texture(3, 136, 184)
    first, second = wide[20:-20, 20:-20], wide[23:-17, 15:-25]
    found = search.dense(first, second, symmetry)
    assert found.shape == (96, 144, 2)
    assert_allclose(np.median(found[15:-15, 15:-15], (0, 1)), (5, -3), atol=0.1)


def test_the_first_symmetry_is_the_plain_search():
    cv2 = pytest.importorskip("cv2")
    first, second = disc_over_still((50, 48), (80, 44))
    cv2.setNumThreads(1)
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    dis.setFinestScale(0)
    plain = dis.calc(*(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (first, second)), None)
    assert_array_equal(search.dense(first, second), plain)
    further = [search.points(first, second)]
    further += [search.blocks(first, second, cells) for cells in search.CELLS]
    for one, _ in further:
        plain = search.better(first, second, plain, one)
    expected = search.repaired(first, second, plain)
    assert SYMMETRIES[0] is IDENTITY
    assert_array_equal(search.motions(first, second)[0][0], expected)


def test_more_symmetries_leave_the_first_as_it_is_and_search_points_and_blocks_once(monkeypatch):
    first, second = disc_over_still((50, 48), (80, 44))
    alone = search.motions(first, second)
    searched = []
    for name in ("points", "blocks"):
        real = getattr(search, name)

        def counted(*arguments, real=real, name=name):
            searched.append(name)
            return real(*arguments)

        monkeypatch.setattr(search, name, counted)
    several = search.motions(first, second, SYMMETRIES[:4])
    assert searched == ["points", "blocks", "blocks"]
    assert len(several) == 4 and len(alone) == 1
    for way, other in zip(several[0], alone[0], strict=True):
        assert_array_equal(way, other)
    for number in (1, 2, 3):
        assert not np.array_equal(several[number][0], alone[0][0])


def test_the_repair_is_turned_as_well(monkeypatch):
    """Every dense search of a symmetry, both ways, first and last, is made in that symmetry."""
    asked = []
    dense = search.dense

    def noted(first, second, symmetry=IDENTITY):
        asked.append(symmetry)
        return dense(first, second, symmetry)

    monkeypatch.setattr(search, "dense", noted)
    search.motions(*disc_over_still((50, 48), (80, 44)), SYMMETRIES)
    assert asked == [symmetry for symmetry in SYMMETRIES for _ in range(4)]


@pytest.mark.parametrize(("samples", "members"), [(1, 1), (2, 2), (4, 4), (16, 4)])
def test_there_are_as_many_members_as_samples_and_four_at_most(samples, members):
    first, _, second = pan(8, -4, 0.5, 40, 56)
    found = estimate.flow_ensemble(first, second, samples)
    assert members_for(samples) == members == len(found)
    assert all(flows.shape[1] == 4 * PER_MEMBER for flows in found)
    assert torch.equal(found[0], estimate.pair_flow(first, second))


def test_pairs_of_a_batch_have_the_ensemble_that_they_have_alone():
    pairs = [pan(8, -4, 0.5), pan(-12, 8, 0.25)]
    first, second = (torch.cat([pair[side] for pair in pairs]) for side in (0, 2))
    together = estimate.flow_ensemble(first, second, 3)
    for number, pair in enumerate(pairs):
        alone = estimate.flow_ensemble(pair[0], pair[2], 3)
        for batch, one in zip(together, alone, strict=True):
            assert torch.equal(batch[number], one[0])


def test_time_run_backwards_has_the_same_ensemble():
    first, second = disc(0), disc(1)
    there, back = estimate.flow_ensemble(first, second, 4), estimate.flow_ensemble(second, first, 4)
    for forward, backward in zip(there, back, strict=True):
        swapped = backward[:, [2, 3, 0, 1, 6, 7, 4, 5]]
        torch.testing.assert_close(forward, swapped, atol=1e-4, rtol=0)
