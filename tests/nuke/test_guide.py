"""The guide says what is there."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_picture_is_small():
    assert (DOCS / "nuke_panel.png").stat().st_size < 150_000


def test_every_knob_that_the_guide_names_in_code_exists():
    from hifi_nuke import layout

    text = (DOCS / "nuke.md").read_text(encoding="utf-8")
    (names,) = re.findall(r"Kronos' names \(([^)]*)\)", text)
    for name in re.findall(r"`([^`]+)`", names):
        assert name in layout.entries(), name


def test_every_label_that_the_guide_names_exists():
    from hifi_nuke import layout

    text = (DOCS / "nuke.md").read_text(encoding="utf-8")
    labels = {entry.label for entry in layout.entries().values()}
    named = {"Patch size", "Batch", "Cascade depth", "Cut threshold", "Structure threshold",
             "Missing frames", "Written as", "Color", "Show", "Preview frame", "Reset",
             "Write farm job", "Output Speed", "Preset", "Channels", "Status"}  # fmt: skip
    assert named <= labels
    assert all(name in text for name in named)
