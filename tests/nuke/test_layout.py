"""The knobs: Kronos' names, ours from the declarations. No pytest: test_pythons runs it, too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "nuke"))

from hifi_nuke import layout

from hifi_ofx.parameters import declarations


def test_the_knobs_that_kronos_has_have_its_names_and_defaults():
    entries = layout.entries()
    for name in ("input.first", "input.last", "reset", "timingInputSpeed", "timingFrame2"):
        assert name in entries
    assert entries["retimedChannels"].default == "all"
    assert entries["timing2"].choices == ("Output Speed", "Input Speed", "Frame")
    assert entries["timing2"].label == "Timing"
    assert entries["timingOutputSpeed"].default == 0.5


def test_every_declared_setting_is_a_knob_with_its_label_hint_and_default():
    entries = layout.entries()
    for _, kind in layout.SETTINGS:
        for one in declarations(kind):
            entry = entries[one.name]
            assert entry.label == one.label
            assert one.hint in entry.hint
            assert entry.default == (one.text(one.default) if one.kind == "size" else one.default)


def test_no_name_comes_twice_and_every_knob_explains_itself():
    everything = [entry for tab in layout.tabs() for entry in tab.entries]
    assert len({entry.name for entry in everything}) == len(everything)
    for entry in everything:
        assert entry.hint or entry.kind in ("rule", "note"), entry.name


def test_choices_start_with_what_is_their_default():
    for entry in layout.entries().values():
        if entry.kind == "choice":
            assert entry.default in entry.choices


def test_special_values_lie_inside_the_sliders():
    entries = layout.entries()
    assert entries["cascade_depth"].minimum == 0
    assert "0 is auto" in entries["cascade_depth"].hint
    assert entries["steps"].minimum == 1
