"""Eight views of a pair: each finds the same motion, where the pictures tell it."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from engine.flow import intermediate, search
from engine.flow.ensemble import AS_IT_IS, VIEWS, VIEWS_A_LOOK, looks_for
from tests.flow.test_intermediate import disc, pan
from tests.flow.test_search import disc_over_still, texture

NAMES = [
    "as it is",
    "transposed",
    "180",
    "transposed, 180",
    "left-right",
    "90",
    "top-bottom",
    "-90",
]
every_view = pytest.mark.parametrize("view", VIEWS, ids=NAMES)


def by_another_way(picture):
    """What the eight views should be, by NumPy's own turns and mirrors."""
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


def test_the_views_are_all_turns_and_mirrors_of_a_picture():
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    for view, expected in zip(VIEWS, by_another_way(picture), strict=True):
        assert_array_equal(view.turned(picture), expected)


@every_view
def test_motion_in_a_turned_picture_is_turned_back_exactly(view):
    """A turned pixel goes to another one; their places in the picture itself say what it did."""
    height, width = 6, 9
    rows, columns = np.indices((height, width))
    places = np.stack([columns, rows, 0 * rows], axis=-1)  # every pixel says where it is
    seen = view.turned(places)
    generator = np.random.default_rng(1)
    there = [generator.integers(0, side, seen.shape[:2]) for side in seen.shape[:2]]
    here = np.indices(seen.shape[:2])
    motion = np.stack([there[1] - here[1], there[0] - here[0]], axis=-1).astype(np.float32)
    expected = np.zeros((height, width, 2), np.float32)
    expected[seen[..., 1], seen[..., 0]] = (seen[there[0], there[1]] - seen)[..., :2]
    assert_array_equal(view.turned_back(motion), expected)


@every_view
def test_the_dense_search_finds_a_pan_in_every_view(view):
    """To the right and up, in a picture that is no square: sign and axis."""
    wide = texture(3, 136, 184)
    first, second = wide[20:-20, 20:-20], wide[23:-17, 15:-25]
    found = search.dense(first, second, view)
    assert found.shape == (96, 144, 2)
    assert_allclose(np.median(found[15:-15, 15:-15], (0, 1)), (5, -3), atol=0.1)


def test_the_first_view_is_the_search_as_it_is():
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
    assert VIEWS[0] is AS_IT_IS
    assert_array_equal(search.motions(first, second)[0][0], expected)


def test_more_views_leave_the_first_as_it_is_and_search_points_and_blocks_once(monkeypatch):
    first, second = disc_over_still((50, 48), (80, 44))
    alone = search.motions(first, second)
    searched = []
    for name in ("points", "blocks"):
        real = getattr(search, name)

        def counted(*arguments, real=real, name=name):
            searched.append(name)
            return real(*arguments)

        monkeypatch.setattr(search, name, counted)
    several = search.motions(first, second, VIEWS[:4])
    assert searched == ["points", "blocks", "blocks"]
    assert len(several) == 4 and len(alone) == 1
    for way, other in zip(several[0], alone[0], strict=True):
        assert_array_equal(way, other)
    for number in (1, 2, 3):
        assert not np.array_equal(several[number][0], alone[0][0])


def test_the_repair_is_turned_as_well(monkeypatch):
    """Every dense search in a view, both ways, first and last, is made in that view."""
    asked = []
    dense = search.dense

    def noted(first, second, view=AS_IT_IS):
        asked.append(view)
        return dense(first, second, view)

    monkeypatch.setattr(search, "dense", noted)
    search.motions(*disc_over_still((50, 48), (80, 44)), VIEWS)
    assert asked == [view for view in VIEWS for _ in range(4)]


@pytest.mark.parametrize(("samples", "looks"), [(1, 1), (2, 2), (4, 4), (16, 4)])
def test_there_are_as_many_looks_as_samples_and_four_at_most(samples, looks):
    first, _, second = pan(8, -4, 0.5, 40, 56)
    found = intermediate.looks(first, second, samples)
    assert looks_for(samples) == looks == len(found)
    assert all(flows.shape[1] == 4 * VIEWS_A_LOOK for flows in found)
    assert torch.equal(found[0], intermediate.flows(first, second))


def test_pairs_of_a_batch_have_the_looks_that_they_have_alone():
    pairs = [pan(8, -4, 0.5), pan(-12, 8, 0.25)]
    first, second = (torch.cat([pair[side] for pair in pairs]) for side in (0, 2))
    together = intermediate.looks(first, second, 3)
    for number, pair in enumerate(pairs):
        alone = intermediate.looks(pair[0], pair[2], 3)
        for batch, one in zip(together, alone, strict=True):
            assert torch.equal(batch[number], one[0])


def test_time_run_backwards_has_the_same_looks():
    first, second = disc(0), disc(1)
    there, back = intermediate.looks(first, second, 4), intermediate.looks(second, first, 4)
    for forward, backward in zip(there, back, strict=True):
        swapped = backward[:, [2, 3, 0, 1, 6, 7, 4, 5]]
        torch.testing.assert_close(forward, swapped, atol=1e-4, rtol=0)
