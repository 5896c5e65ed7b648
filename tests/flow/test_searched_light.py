"""The search in boxes gives there what it gives in a whole frame, and counts nowhere else."""

import pytest
import torch
from torch.nn import functional as F

from engine.color import WHITE
from engine.flow.candidates import Candidates
from engine.flow.curved import Bend
from engine.flow.estimate import ReducedPair, light_flow, pair_flow
from engine.flow.intermediate import intermediate_flow
from engine.flow.lost_light import found_by_search
from engine.flow.search_boxes import SearchBox
from engine.flow.searched_light import SearchedLight, light_candidate
from engine.flow.searches import Searches
from engine.flow.warped import FlowPart, searched_candidate
from engine.paper.patches import Box

SIZE = (256, 512)
HALF = torch.tensor([0.5])
TILE = Box(32, 96, 128, 320)
PLACE, COUNTS = Box(32, 64, 64, 96), Box(96, 176, 48, 112)


@pytest.fixture(scope="module")
def pair():
    """Texture that moves by (-12, 6): -6 and 3 of the pixels that are searched."""
    coarse = torch.rand(1, 3, 48, 90, generator=torch.Generator().manual_seed(1))
    world = F.interpolate(coarse, (SIZE[0] + 32, SIZE[1] + 32), mode="bicubic")[0] * WHITE
    return tuple(
        world[None, :, y : y + SIZE[0], x : x + SIZE[1]].contiguous() for y, x in ((10, 4), (4, 16))
    )


@pytest.fixture(scope="module")
def along(pair):
    return intermediate_flow(*pair, HALF, pair_flow(*pair))


def in_part(along):
    whole = along.shape[-2], along.shape[-1]
    return SearchedLight(along[PLACE.region], FlowPart(PLACE, whole), COUNTS)


def views(count, height=TILE.height, width=TILE.width):
    torch.manual_seed(5)
    return Candidates(*(torch.rand(count, c, height, width) * 2 * WHITE for c in (3, 3, 1)))


def test_a_box_says_what_the_whole_frame_says_there(pair, along):
    whole = searched_candidate(*pair, 0.5, along, COUNTS)
    made = light_candidate(*pair, 0.5, [in_part(along)], None, TILE, views(2))
    for one, other in zip(made, whole, strict=True):
        torch.testing.assert_close(one[COUNTS.within(TILE).region], other, atol=1e-4, rtol=0)


def test_it_does_so_along_motion_that_curves(pair, along):
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(128.0), indexing="ij")
    bend = Bend(torch.stack([columns / 32 - 2, 3 - rows / 16])[None], SIZE)
    straight = searched_candidate(*pair, 0.5, along, COUNTS)
    whole = searched_candidate(*pair, 0.5, along, COUNTS, bend)
    assert (whole.first - straight.first).abs().max() > 0.05
    made = light_candidate(*pair, 0.5, [in_part(along)], bend, TILE, views(1))
    for one, other in zip(made, whole, strict=True):
        torch.testing.assert_close(one[COUNTS.within(TILE).region], other, atol=1e-4, rtol=0)


def test_a_box_that_is_all_of_the_frame_is_the_whole_search_to_the_bit(pair, along):
    frame, whole = Box(0, 0, *SIZE), Box(0, 0, *along.shape[-2:])
    one = SearchedLight(along, FlowPart(whole, (whole.height, whole.width)), frame)
    made = light_candidate(*pair, 0.5, [one], None, TILE, views(1))
    for mine, its in zip(made, searched_candidate(*pair, 0.5, along, TILE), strict=True):
        assert torch.equal(mine, its)


def test_elsewhere_it_is_a_view_that_never_counts(pair, along):
    seen = views(3)
    made = light_candidate(*pair, 0.5, [in_part(along)], None, TILE, seen)
    inner = COUNTS.within(TILE)
    away = torch.ones(1, 1, TILE.height, TILE.width, dtype=torch.bool)
    away[inner.grown(8, TILE.height, TILE.width).region] = False
    assert found_by_search(seen, made)[away].max() < 0.01
    apart = (seen.first - seen.second).abs().mean(1, keepdim=True)
    mine = (made.first - made.second).abs().mean(1, keepdim=True)
    assert torch.equal(mine[away], apart.amax(0, keepdim=True)[away])
    pictures = seen.pictures
    lowest, highest = (of.expand_as(made.first) for of in (pictures.amin(0), pictures.amax(0)))
    beyond = (made.pictures < lowest) | (made.pictures > highest)
    assert not (beyond & away).any()  # with_fine_detail keeps to the range of all candidates


def test_a_tile_without_a_box_has_no_such_candidate(pair, along):
    away = Box(160, 96, 64, 320)
    assert light_candidate(*pair, 0.5, [in_part(along)], None, away, views(1, 64)) is None
    assert light_candidate(*pair, 0.5, [], None, TILE, views(1)) is None


def test_a_pixel_is_the_same_in_every_tile(pair, along):
    one, other = Box(96, 176, 48, 60), Box(80, 200, 100, 200)
    made = [
        light_candidate(*pair, 0.5, [in_part(along)], None, box, views(1, box.height, box.width))
        for box in (one, other)
    ]
    shared = Box(96, 200, 48, 36)
    for mine, its in zip(*made, strict=True):
        assert torch.equal(mine[shared.within(one).region], its[shared.within(other).region])


def test_motion_in_a_box_is_what_it_is_in_the_whole_frame(pair):
    boxes = [PLACE, Box(0, 160, 128, 96)]
    reduced = ReducedPair.of(pair[0][0], pair[1][0])
    found = light_flow(reduced, boxes)
    for box, flow in zip(boxes, found, strict=True):
        assert flow.shape == (1, 8, box.height, box.width)
        inner = flow[..., 16:-16, 16:-16]
        wanted = torch.tensor([-12.0, 6, 12, -6] * 2)[:, None, None]
        assert ((inner - wanted).abs().amax(1) < 1).float().mean() > 0.95
    alone = light_flow(reduced, boxes[1:])
    assert torch.equal(alone[0], found[1])  # beside another one it is the same
    light = SearchedLight.of(reduced, HALF, SearchBox(PLACE, COUNTS), found[0])
    assert light.flow.shape[-2:] == (64, 96) and light.part == FlowPart(PLACE, (128, 256))


def test_boxes_of_a_pair_are_searched_once_and_those_of_another_anew(monkeypatch):
    asked = []

    def found(pair, boxes, check):
        asked.append(list(boxes))
        return [torch.full((1,), pair.seen[0].sum() + box.top) for box in boxes]

    monkeypatch.setattr("engine.flow.searches.light_flow", found)
    one, other = (ReducedPair.of(*torch.full((2, 3, 64, 64), value)) for value in (0.1, 0.2))
    boxes, searches = [Box(top, 0, 32, 32) for top in (0, 32, 64)], Searches()
    first = searches.inside(one, boxes[:2])
    assert searches.inside(one, boxes[1:])[0] == first[1]
    assert searches.inside(other, boxes[:1]) != first[:1]
    searches.inside(one, boxes[1:])
    assert asked == [boxes[:2], boxes[2:], boxes[:1]]
    searches.inside(one, boxes[:1])  # what it was not asked for last is forgotten
    assert len(asked) == 4
