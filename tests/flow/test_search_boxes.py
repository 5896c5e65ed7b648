"""Boxes around cells with lost light: on the grid, apart from each other, and large enough."""

import itertools

import torch

from engine.flow.search_boxes import AROUND, CELL, COUNTS, cells_of, search_boxes
from engine.paper.patches import Box

SIZE, FULL = (530, 970), (1060, 1940)


def boxes(*lost, size=SIZE, full=FULL):
    cells = cells_of(size)
    for row, column in lost:
        cells[row, column] = True
    return search_boxes(cells, size, full)


def test_nothing_lost_is_nothing_searched():
    assert boxes() == ()


def test_a_box_reaches_as_far_as_a_lamp_may_move_and_counts_around_what_is_lost():
    (one,) = boxes((6, 10))
    reach = AROUND * CELL
    assert one.place == Box(192 - reach, 320 - reach, CELL + 2 * reach, CELL + 2 * reach)
    assert one.counts == Box(384 - COUNTS, 640 - COUNTS, 64 + 2 * COUNTS, 64 + 2 * COUNTS)


def test_at_the_border_a_box_ends_with_the_frame():
    (one,) = boxes((16, 30))
    assert one.place == Box(448, 896, 82, 74)
    assert one.counts == Box(1024 - COUNTS, 1920 - COUNTS, 36 + COUNTS, 20 + COUNTS)


def test_boxes_never_overlap_and_hold_all_that_is_lost():
    torch.manual_seed(3)
    for _ in range(20):
        lost = torch.rand(cells_of(SIZE).shape) < 0.01
        found = search_boxes(lost, SIZE, FULL)
        assert not any(a.place.common(b.place) for a, b in itertools.combinations(found, 2))
        assert all(side % CELL == 0 for box in found for side in box.place[:2])
        for row, column in lost.nonzero().tolist():
            cell = Box(row * CELL, column * CELL, CELL, CELL)
            around = cell.grown(AROUND * CELL, *SIZE)
            assert any(box.place.common(around) == around for box in found)
            mine = Box(2 * cell.top, 2 * cell.left, 1, 1)
            assert any(box.counts.common(mine) for box in found)


def test_where_boxes_are_most_of_the_frame_it_is_searched_as_a_whole():
    (one,) = boxes(*((row, column) for row in (3, 8, 13) for column in range(2, 30, 5)))
    assert one.place == Box(0, 0, *SIZE) and one.counts == Box(0, 0, *FULL)


def test_boxes_fit_frames_that_are_no_multiple_of_what_is_searched():
    (one,) = boxes((4, 4), size=(271, 480), full=(541, 959))
    top, left, height, width = one.counts
    assert top == int(128 * 541 / 271) - COUNTS and left == int(128 * 959 / 480) - COUNTS
    assert top + height >= 160 * 541 / 271 and left + width >= 160 * 959 / 480
