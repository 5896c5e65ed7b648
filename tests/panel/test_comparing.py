"""A and B: two settings at the same place, with their costs; and what gains nothing is named."""

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.panel.captions import caption
from hifi_ofx.panel.form import Form
from hifi_ofx.panel.qt import QtCore
from tests.panel.conftest import WAIT

LEFT = QtCore.Qt.MouseButton.LeftButton


def test_a_is_kept_and_wiped_against_what_comes_next(looked, seen, qtbot):
    viewer = looked.viewer
    before = viewer.pictures["ours"].picture.codes
    qtbot.mouseClick(looked.controls.keep, LEFT)
    assert (viewer.comparison.layout, viewer.comparison.against) == ("wipe", "kept")
    qtbot.waitUntil(lambda: "kept" in viewer.pictures, timeout=WAIT)
    assert viewer.pictures["kept"].picture.codes == before, "A is what was on show"
    looked.form.enter("samples", "3")
    qtbot.waitUntil(lambda: viewer.pictures.get("ours") is not None
                    and viewer.pictures["ours"].picture.codes != before
                    and not viewer.is_stale, timeout=WAIT)  # fmt: skip
    qtbot.waitUntil(lambda: "15 calls" in str(viewer.notes) or "s a frame" in viewer.notes["ours"])
    assert viewer.pictures["kept"].picture.codes == before
    assert "a frame" in viewer.notes["kept"]
    looked.transport.scrubber.step_inbetween(1)
    qtbot.waitUntil(lambda: viewer.preview.place[0] == 1004 and "kept" in viewer.pictures
                    and "ours" in viewer.pictures, timeout=WAIT)  # fmt: skip
    assert viewer.pictures["kept"].picture.codes not in (
        before, viewer.pictures["ours"].picture.codes,
    )  # fmt: skip


def test_captions_say_what_is_shown(looked):
    preview = looked.viewer.preview
    assert preview.place == (1002, 1001, 1002, "1/2")
    text = caption("ours", preview, (), "", {})
    assert text == "In-between  1001 + 1/2  ·  on its way; this is the right frame 1002"
    assert caption("ours", preview, ("ours",), "stale", {}).endswith("before the last change")
    assert caption("kept", preview, ("kept",), "", {"kept": "draft, 1.9 s a frame"}) == (
        "A  1001 + 1/2  ·  draft, 1.9 s a frame"
    )


def test_an_edit_leaves_the_better_picture_and_says_so(looked, seen, qtbot):
    assert not looked.viewer.is_draft
    count = len(seen.phases)
    looked.form.enter("samples", "2")
    qtbot.waitUntil(lambda: looked.viewer.is_stale, timeout=WAIT)
    assert "ours" in looked.viewer.pictures
    qtbot.waitUntil(lambda: not looked.viewer.is_stale, timeout=WAIT)
    assert seen.phases[count:] == ["frames", "final"], "no draft over a final picture"


def test_a_knob_that_gains_nothing_is_gray_or_named(qtbot):
    form = Form()
    qtbot.addWidget(form)
    form.enter("steps", "4")
    form.show_acting(["samples", "patch"])
    steps, overlap = form.field("steps"), form.field("overlap")
    assert not overlap.editor.isEnabled() and not overlap.error.text()
    assert steps.editor.isEnabled(), "so that it can be set back"
    assert steps.error.text().startswith("Changes nothing with these weights.")
    assert steps.error.property("role") == "warning" and not steps.editor.property("bad")
    form.enter("steps", "1")
    assert not steps.error.text()
    form.show_acting(["steps"])
    form.enter("steps", "4")
    assert not steps.error.text()
