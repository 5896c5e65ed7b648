"""Plates as nobody makes them on purpose: copies keep every bit, in-betweens lie where they belong.

Frames are written and read without our own code; the true in-between is known by its formula.
"""

import os
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from hifi_ofx.quality import PRESETS

HEIGHT, WIDTH = 48, 64
BORDER = 8  # pixels at which motion comes from outside the frame
RGB = ("R", "G", "B")


def waves(position, count=3):
    """What moves by 4 pixels a frame: planes (H, W, count)."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    x = x - 4 * position
    return np.stack([0.5 + 0.25 * np.sin(0.35 * x + n) + 0.2 * np.sin(0.3 * y + 0.1 * x)
                     for n in range(count)], -1)  # fmt: skip


def write(path, pixels, names=RGB, form="half", compression="zip", origin=(0, 0), shown=(0, 0),
          view=""):  # fmt: skip
    spec = oiio.ImageSpec(WIDTH, HEIGHT, len(names), form)
    spec.channelnames = tuple(names)
    (spec.x, spec.y), (spec.full_x, spec.full_y) = origin, shown
    spec.full_width, spec.full_height = WIDTH, HEIGHT
    spec.attribute("compression", compression)
    if view:
        spec.attribute("view", view)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(pixels)
    output.close()


def read(path):
    """Pixels (H, W, C) as float, and the header."""
    found = oiio.ImageBuf(str(path))
    return found.get_pixels("float"), found.spec()


@pytest.fixture
def check(engine, request_for, tmp_path):
    """A function that renders a plate of two frames at half speed, and looks at all three."""

    def run(source, frames, color=RGB):
        target = tmp_path / "out/slow.####.exr"
        request = request_for(source=source, quality=PRESETS["draft"], weights="motion")
        *_, finished = engine.render(request)
        assert (finished.made, finished.copied) == (1, 2)
        made = [read(str(target).replace("####", str(n))) for n in (1001, 1002, 1003)]
        for (pixels, spec), frame in zip(made[::2], frames, strict=True):
            before, header = read(frame)
            np.testing.assert_array_equal(pixels, before)
            assert spec.channelnames == header.channelnames
            assert (spec.roi, spec.roi_full) == (header.roi, header.roi_full)
            assert spec["compression"] == header["compression"]
        pixels, spec = made[1]
        at = [spec.channelnames.index(name) for name in color]
        inner = np.s_[BORDER:-BORDER, BORDER:-BORDER]
        error = pixels[..., at][inner] - waves(0.5)[inner]
        blend = (waves(0) + waves(1))[inner] / 2 - waves(0.5)[inner]
        assert np.sqrt(np.square(error).mean()) < 0.5 * np.sqrt(np.square(blend).mean())

    return run


PLATES = {
    "a display window that begins below 0": {"origin": (-20, -10), "shown": (-20, -10)},
    "pixels far outside of what is shown": {"origin": (100, 100)},
    "a view that no multiView names": {"view": "left"},
    "a scanline a chunk": {"compression": "zips"},
    "run lengths": {"compression": "rle"},
    "24 bits of float": {"compression": "pxr24", "form": "float"},
    "B44A": {"compression": "b44a"},
    "DWAB": {"compression": "dwab"},
    "HTJ2K": {"compression": "htj2k"},
    "lower case": {"names": ("r", "g", "b")},
    "a layer that is named rgba": {"names": ("rgba.R", "rgba.G", "rgba.B")},
    "a layer that is named as a view": {"names": ("left.R", "left.G", "left.B")},
    "umlauts": {"names": ("größe.R", "größe.G", "größe.B")},
    "blanks and dots": {"names": ("my layer. .R", "my layer. .G", "my layer. .B")},
    "200 letters": {"names": tuple("n" * 200 + f".{name}" for name in RGB)},
}


@pytest.mark.parametrize("fields", PLATES.values(), ids=PLATES)
def test_whatever_a_plate_is_like_its_frames_are_kept_and_in_betweens_right(
    fields, check, tmp_path
):
    paths = [tmp_path / f"odd.{number}.exr" for number in (1001, 1002)]
    for position, path in enumerate(paths):
        write(path, waves(position), **fields)
    color = sorted(fields.get("names", RGB), key=lambda name: "rgb".index(name[-1].lower()))
    check(tmp_path / "odd.####.exr", paths, color)


@pytest.mark.parametrize("forms", [("half", "float"), ("float", "half")])
def test_a_plate_may_change_its_type(forms, check, tmp_path):
    paths = [tmp_path / f"odd.{number}.exr" for number in (1001, 1002)]
    for position, (path, form) in enumerate(zip(paths, forms, strict=True)):
        write(path, waves(position), form=form)
    check(tmp_path / "odd.####.exr", paths)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names, and asks for rights")
@pytest.mark.parametrize("name", ["plate..", "pl\nate", "-plate", "🎬 \u202e", "a'b\"c"])
@pytest.mark.parametrize("link", [None, "symbolic", "hard"])
def test_names_and_links_are_taken_as_they_are(name, link, check, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    paths = [tmp_path / f"{name}.{number}.exr" for number in (1001, 1002)]
    for position, path in enumerate(paths):
        stored = elsewhere / f"{position}.exr" if link else path
        write(stored, waves(position))
        if link:
            {"symbolic": Path.symlink_to, "hard": Path.hardlink_to}[link](path, stored)
    check(tmp_path / f"{name}.####.exr", paths)
