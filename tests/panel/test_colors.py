"""View transforms: what OpenColorIO itself says of a color is what the viewer shows."""

import array
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.panel import ocio
from hifi_ofx.panel.exposing import Codes, View, encoded, exposed
from hifi_ofx.panel.qt import QtCore, QtGui
from hifi_ofx.request import RenderRequest
from hifi_ofx.viewing import Viewing
from tests.panel.conftest import WAIT

OCIO = pytest.importorskip("PyOpenColorIO", reason="OpenColorIO is missing")

CG, STUDIO = "ocio://cg-config-latest", "ocio://studio-config-latest"
LINEAR = tuple((step / 2048) ** 4 * 16 for step in range(2049))  # some curve from codes to light
COLORS = [(9000, 30000, 52000), (20000, 21000, 19000), (41000, 26000, 33000), (60000, 61000, 58000)]


def codes_of(colors):
    """An image of codes, one row."""
    data = array.array("H", [part for color in colors for part in (*color, 65535)]).tobytes()
    form = QtGui.QImage.Format.Format_RGBX64
    return QtGui.QImage(data, len(colors), 1, 8 * len(colors), form).copy()


def shown(image):
    """Its colors, one row."""
    colors = [QtGui.QColor(image.pixel(column, 0)) for column in range(image.width())]
    return [color.getRgb()[:3] for color in colors]


def by_ocio(viewing, color, exposure=0.0, gamma=1.0, space="ACEScg", display_referred=False):
    """What OpenColorIO makes of one color, pixel by pixel, by its names."""
    config = OCIO.Config.CreateFromFile(viewing.config)
    display = config.getDefaultDisplay() if viewing.display == "auto" else viewing.display
    view = config.getDefaultView(display) if viewing.view == "auto" else viewing.view
    values = [(code / 65535) ** 4 * 16 for code in color]
    if display_referred:
        values = [encoded(min(1.0, value)) for value in values]
    to_light = config.getProcessor(space, "ACEScg").getDefaultCPUProcessor()
    light = [value * 2**exposure for value in to_light.applyRGB(values)]
    to_display = config.getProcessor("ACEScg", display, view, OCIO.TRANSFORM_DIR_FORWARD)
    found = to_display.getDefaultCPUProcessor().applyRGB(light)
    return [255 * min(1.0, max(0.0, part)) ** (1 / gamma) for part in found]


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "table"])
@pytest.mark.parametrize(
    "viewing",
    [
        Viewing(CG),
        Viewing(STUDIO, view="Un-tone-mapped"),
        Viewing(CG, display="Rec.1886 Rec.709 - Display"),
    ],
    ids=lambda viewing: f"{viewing.display} {viewing.view}",
)
def test_a_view_shows_what_opencolorio_says(qapp, viewing, exact):
    transform = ocio.look(viewing).transform
    for exposure, gamma in ((0.0, 1.0), (1.5, 1.0), (-2.0, 1.4)):
        view = View(exposure, gamma, transform)
        found = shown(exposed(codes_of(COLORS), view, Codes(LINEAR), exact))
        for color, pixel in zip(COLORS, found):
            expected = by_ocio(viewing, color, exposure, gamma)
            assert pixel == pytest.approx(expected, abs=1.0 if exact else 6.0)


def test_the_plate_s_color_space_comes_first(qapp):
    viewing = Viewing(STUDIO, colorspace="ARRI LogC4")
    transform = ocio.look(viewing).transform
    kind = Codes(LINEAR, display_referred=True)
    found = shown(exposed(codes_of(COLORS), View(transform=transform), kind))
    for color, pixel in zip(COLORS, found):
        expected = by_ocio(viewing, color, space="ARRI LogC4", display_referred=True)
        assert pixel == pytest.approx(expected, abs=1.0)


def test_a_display_referred_plate_is_srgb_unless_said(qapp):
    viewing = Viewing(CG)
    kind = Codes(LINEAR, display_referred=True)
    transform = ocio.look(viewing).transform
    found = shown(exposed(codes_of(COLORS), View(transform=transform), kind))
    space = "sRGB Encoded Rec.709 (sRGB)"
    for color, pixel in zip(COLORS, found):
        expected = by_ocio(viewing, color, space=space, display_referred=True)
        assert pixel == pytest.approx(expected, abs=1.0)


def test_a_large_picture_is_made_in_bands_that_meet(qapp):
    transform = ocio.look(Viewing(CG, view="Un-tone-mapped")).transform
    width, height = 640, 700  # of three bands, the last one smaller
    ramp = array.array("H", [90 * (row + 1) for row in range(height) for _ in range(4 * width)])
    found = transform.applied(ramp, width, 0.0, 1.0, LINEAR, False)
    for row in (0, 311, 312, 313, 623, 624, 625, 699):
        alone = transform.applied(ramp[4 * width * row :][:4], 1, 0.0, 1.0, LINEAR, False)
        assert found[4 * width * row :][:4] == alone
        assert found[4 * width * (row + 1) - 4 :][:4] == alone


def test_tables_of_equal_ends_are_not_taken_for_each_other(qapp):
    transform = ocio.look(Viewing(CG, view="Raw")).transform
    found = [
        shown(exposed(codes_of([(30000,) * 3]), View(transform=transform), Codes(linear)))
        for linear in ((0.0, 0.5, 1.0), (0.0, 0.25, 1.0))
    ]
    assert found[0][0] != found[1][0]


@pytest.mark.parametrize(
    ("viewing", "words"),
    [
        (Viewing("/nowhere/config.ocio"), "/nowhere/config.ocio"),
        (Viewing(CG, display="Kino"), "has no display 'Kino'"),
        (Viewing(CG, view="Pretty"), "has no view 'Pretty'"),
        (Viewing(CG, colorspace="LogZ"), "has no color space 'LogZ'"),
    ],
)
def test_what_a_configuration_does_not_have_is_said(viewing, words):
    with pytest.raises(InvalidSetting, match=words):
        ocio.look(viewing)


def test_without_a_configuration_light_is_srgb(monkeypatch, tmp_path):
    monkeypatch.delenv("OCIO", raising=False)
    assert ocio.look(Viewing()) == "sRGB: $OCIO is not set."
    monkeypatch.setenv("OCIO", CG)
    assert ocio.look(Viewing()).viewing.config == CG
    assert isinstance(ocio.look(Viewing("sRGB")), str)
    monkeypatch.setattr(ocio, "OCIO", None)
    assert "OpenColorIO is missing" in ocio.look(Viewing())


def test_a_panel_without_opencolorio_starts():
    without = "import sys; sys.modules['PyOpenColorIO'] = None; import hifi_ofx.panel.window"
    subprocess.run([sys.executable, "-c", without], check=True, cwd=Path(__file__).parents[2])


def pixel_of(viewer, place):
    """What the viewer shows at a place of the plate."""
    at = viewer.camera.to_widget(QtCore.QRectF(*place, 1, 1), viewer.camera.panes[0]).center()
    return QtGui.QColor(viewer.grab().toImage().pixel(at.toPoint())).getRgb()[:3]


def test_a_view_is_chosen_in_the_form_and_over_the_viewer(looked, qtbot, monkeypatch):
    monkeypatch.delenv("OCIO", raising=False)
    controls, viewer, form = looked.controls, looked.viewer, looked.form
    views = form.field("view").editor
    looked.coloring.refresh()
    qtbot.waitUntil(lambda: "sRGB" in form.seen.text())
    assert views.isHidden()
    controls.choose("left")
    plain = pixel_of(viewer, (15, 20))
    form.enter("config", CG)
    qtbot.waitUntil(lambda: viewer.view.transform is not None, timeout=WAIT)
    assert not views.isHidden() and "ACES" in form.seen.text()
    qtbot.waitUntil(viewer.is_settled, timeout=WAIT)
    expected = [round(part) for part in by_ocio_light(Viewing(CG), (0.1, 4.0, 30.0))]
    assert pixel_of(viewer, (15, 20)) == pytest.approx(expected, abs=2)
    assert pixel_of(viewer, (15, 20)) != pytest.approx(plain, abs=8)
    views.setCurrentText("Un-tone-mapped")
    qtbot.waitUntil(lambda: "Un-tone-mapped" in form.seen.text(), timeout=WAIT)
    controls.exposure.nudge(-2)
    qtbot.waitUntil(viewer.is_settled, timeout=WAIT)
    light = [value / 4 for value in (0.1, 4.0, 30.0)]
    expected = by_ocio_light(Viewing(CG, view="Un-tone-mapped"), light)
    assert pixel_of(viewer, (15, 20)) == pytest.approx(expected, abs=2)


def by_ocio_light(viewing, light):
    config = OCIO.Config.CreateFromFile(viewing.config)
    display = config.getDefaultDisplay()
    view = config.getDefaultView(display) if viewing.view == "auto" else viewing.view
    processor = config.getProcessor("ACEScg", display, view, OCIO.TRANSFORM_DIR_FORWARD)
    found = processor.getDefaultCPUProcessor().applyRGB(list(light))
    return [255 * min(1.0, max(0.0, part)) for part in found]


def test_a_log_plate_s_values_are_read_as_light(looked, monkeypatch):
    viewer, place = looked.viewer, QtCore.QPointF(15, 20)
    raw = viewer.value_of("left", place)
    transform = ocio.look(Viewing(STUDIO, colorspace="ARRI LogC4")).transform
    viewer.set_view(View(transform=transform))
    assert viewer.value_of("left", place) == raw, "a scene-linear plate's own"
    viewer.preview = replace(viewer.preview, display_referred=True)
    values = [encoded(min(1.0, part)) for part in raw]
    config = OCIO.Config.CreateFromFile(STUDIO)
    expected = config.getProcessor("ARRI LogC4", "ACEScg").getDefaultCPUProcessor()
    assert viewer.value_of("left", place) == pytest.approx(expected.applyRGB(values), rel=1e-4)


def test_a_configuration_that_cannot_be_read_is_said_at_its_field(panel, qtbot):
    field = panel.form.field("config")
    panel.form.enter("config", "/nowhere/config.ocio")
    qtbot.waitUntil(lambda: "/nowhere/config.ocio" in field.error.text(), timeout=WAIT)
    assert panel.viewer.view.transform is None
    panel.form.enter("config", "sRGB")
    qtbot.waitUntil(lambda: not field.error.text(), timeout=WAIT)


def test_the_colors_of_the_view_are_part_of_the_job_and_decide_no_frame(looked, seen, qtbot):
    form = looked.form
    count = len(seen.previews)
    form.enter("config", CG)
    form.enter("colorspace", "ACEScct")
    request = form.request()
    assert request.viewing == Viewing(CG, colorspace="ACEScct")
    assert RenderRequest.from_json(request.to_json()) == request
    qtbot.waitUntil(lambda: looked.viewer.view.transform is not None, timeout=WAIT)
    qtbot.wait(300)
    assert len(seen.previews) == count, "nothing is previewed anew for it"
    form.show_request(RenderRequest(**{**vars(request), "viewing": Viewing("sRGB")}))
    qtbot.waitUntil(lambda: looked.viewer.view.transform is None, timeout=WAIT)
    assert form.field("config").text() == "sRGB"
