"""The contact sheet: pictures untouched, labels legible, error maps in order."""

import numpy as np
import OpenImageIO as oiio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pictures.contact_sheet import Cell, contact_sheet
from engine.pictures.heat import heat
from engine.plate.png import write_png
from hifi_ofx.errors import OutputError

ERRORS = st.floats(0, 1, allow_nan=False)


def flat(red, green, blue, size=(40, 60)):
    return np.full((*size, 3), (red, green, blue), np.float32)


def brightness(error, largest=0.4):
    return float(heat(np.full((1, 1), error), largest).sum())


def pixels_of_color(sheet, color):
    return int(np.all(np.abs(sheet - np.float32(color)) < 1e-6, axis=-1).sum())


def test_every_picture_is_there_whole_and_in_its_own_size():
    colors = [(0.9, 0.1, 0.1), (0.1, 0.9, 0.1), (0.1, 0.1, 0.9), (0.9, 0.9, 0.1)]
    cells = [Cell(flat(*color), "caption") for color in colors]
    sheet = contact_sheet("title", "notes", ["left", "right"], [cells[:2], cells[2:]])
    assert [pixels_of_color(sheet, color) for color in colors] == [40 * 60] * 4


def test_rows_run_down_and_columns_to_the_right():
    first, second, third, fourth = (0.9, 0, 0), (0, 0.9, 0), (0, 0, 0.9), (0.9, 0.9, 0)
    cells = [Cell(flat(*color), "") for color in (first, second, third, fourth)]
    sheet = contact_sheet("", "", ["left", "right"], [cells[:2], cells[2:]])

    def corner(color):
        return np.argwhere(np.all(np.abs(sheet - np.float32(color)) < 1e-6, axis=-1)).min(axis=0)

    assert corner(first)[0] == corner(second)[0] < corner(third)[0]
    assert corner(first)[1] == corner(third)[1] < corner(second)[1]


@pytest.mark.parametrize("place", ["title", "notes", "heading", "caption"])
def test_each_label_leaves_ink_on_the_sheet_and_none_on_the_pictures(place):
    words = dict.fromkeys(["title", "notes", "heading", "caption"], "")

    def sheet_with(words):
        cell = Cell(flat(0.5, 0.5, 0.5, (60, 320)), words["caption"])
        return contact_sheet(words["title"], words["notes"], [words["heading"]], [[cell]])

    without, labelled = sheet_with(words), sheet_with({**words, place: "31.42 dB"})
    changed = np.abs(labelled - without).max(axis=-1) > 0.3
    assert changed.sum() > 50
    assert labelled.shape == without.shape
    assert pixels_of_color(labelled, (0.5, 0.5, 0.5)) >= 60 * 320


@given(ERRORS, ERRORS)
def test_a_larger_error_is_never_darker(one, other):
    smaller, larger = sorted((one, other))
    assert brightness(smaller) <= brightness(larger) + 1e-6


def test_no_error_is_black_and_the_end_of_the_scale_is_the_brightest():
    assert brightness(0.0) == 0
    assert brightness(0.39) < brightness(0.4) == brightness(5.0)


def test_a_png_holds_the_nearest_of_256_values(tmp_path):
    image = np.random.default_rng(0).random((20, 30, 3), np.float32) * 1.2 - 0.1
    write_png(image, tmp_path / "sheet.png")
    read = oiio.ImageBuf(str(tmp_path / "sheet.png"))
    assert str(read.spec().format) == "uint8"
    assert np.abs(read.get_pixels("float") - np.clip(image, 0, 1)).max() <= 0.5 / 255 + 1e-6


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        write_png(flat(0, 0, 0), tmp_path / "nowhere" / "sheet.png")
