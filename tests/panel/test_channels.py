"""Channels, luminance and alpha in the viewer."""

import array

import numpy as np
import OpenImageIO as oiio
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.panel.exposing import CHANNELS, Codes, View, exposed
from hifi_ofx.panel.qt import QtCore, QtGui
from tests.panel.conftest import SIZE, WAIT
from tests.panel.test_viewing import LINEAR

KEYS = QtCore.Qt.Key
COLORS = [(9000, 30000, 52000, 65535), (40000, 20000, 10000, 32768), (0, 0, 0, 0)]


def image(colors, copies=1):
    data = array.array("H", [part for color in colors for part in color * copies]).tobytes()
    form = QtGui.QImage.Format.Format_RGBX64
    width = len(colors) * copies
    return QtGui.QImage(data, width, 1, 8 * width, form).copy()


def shown(channel, colors=COLORS, **view):
    made = exposed(image(colors), View(channel=channel, **view), Codes(LINEAR))
    return [QtGui.QColor(made.pixel(x, 0)).getRgb()[:3] for x in range(made.width())]


@pytest.mark.parametrize("channel", ["Red", "Green", "Blue"])
def test_a_channel_alone_is_gray(qapp, channel):
    index = CHANNELS.index(channel) - 1
    whole = shown("RGB", exposure=1.0)
    assert shown(channel, exposure=1.0) == [(color[index],) * 3 for color in whole]


def test_luminance_is_that_of_the_light(qapp):
    for color, gray in zip(shown("RGB"), shown("Luminance")):
        display = np.array(color) / 255
        light = np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)
        y = float(light @ [0.2126, 0.7152, 0.0722])
        expected = 12.92 * y if y <= 0.0031308 else 1.055 * y ** (1 / 2.4) - 0.055
        assert gray == pytest.approx([255 * expected] * 3, abs=3)


def test_alpha_is_gray_as_it_is_and_brightened_by_exposure(qapp):
    assert [gray[0] for gray in shown("Alpha")] == pytest.approx([255, 128, 0], abs=1)
    assert [gray[0] for gray in shown("Alpha", exposure=-1.0)] == pytest.approx([128, 64, 0], abs=1)


def test_a_checkerboard_is_seen_as_far_as_alpha_lets_it_through(qapp):
    whole, board = shown("RGB"), shown("Checkerboard")
    assert board[0] == whole[0], "opaque"
    assert board[1] == pytest.approx([min(255, part + 0x86 // 2) for part in whole[1]], abs=2)
    assert board[2] == pytest.approx((0x86,) * 3, abs=1), "clear"


@pytest.mark.parametrize("channel", ["RGB", "Green", "Alpha", "Luminance", "Checkerboard"])
def test_bands_meet(qapp, monkeypatch, channel):
    monkeypatch.setattr("hifi_ofx.panel.exposing.BAND", 16 * 24)  # of 16 rows each
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 65536, (50, 24, 4), np.uint16)
    codes[..., 3] = 0 if channel == "Checkerboard" else codes[..., 3]
    form = QtGui.QImage.Format.Format_RGBX64
    whole = QtGui.QImage(codes.tobytes(), 24, 50, 8 * 24, form).copy()
    banded = exposed(whole.copy(), View(channel=channel), Codes(LINEAR))
    monkeypatch.setattr("hifi_ofx.panel.exposing.BAND", 10**6)
    assert banded == exposed(whole, View(channel=channel), Codes(LINEAR))


@pytest.fixture
def plate(tmp_path):
    """Four frames of a premultiplied square, half opaque at its left, that moves over nothing."""
    for index in range(4):
        pixels = np.zeros((*SIZE, 4), np.float32)
        pixels[10:30, 5 + 6 * index : 25 + 6 * index] = (0.1, 0.4, 0.3, 1.0)
        pixels[10:30, 5 + 6 * index : 15 + 6 * index] *= 0.5
        buffer = oiio.ImageBuf(pixels)
        buffer.specmod().channelnames = ("R", "G", "B", "A")
        buffer.specmod().alpha_channel = 3
        assert buffer.write(str(tmp_path / f"plate.{1001 + index}.exr"), "half")
    return tmp_path / "plate.####.exr"


def gray_at(viewer, x, y):
    at = viewer.camera.to_widget(QtCore.QRectF(x, y, 1, 1), viewer.camera.panes[0]).center()
    return QtGui.QColor(viewer.grab().toImage().pixel(at.toPoint())).getRgb()[:3]


def test_keys_show_channels_of_frames_and_in_betweens(looked, seen, qtbot, monkeypatch):
    viewer, controls = looked.viewer, looked.controls
    looked.activateWindow()
    viewer.setFocus()
    controls.choose("left")
    count = len(seen.phases)
    qtbot.keyClick(viewer, KEYS.Key_G)
    assert controls.channel.currentText() == "Green"
    qtbot.waitUntil(viewer.is_settled, timeout=WAIT)
    assert len(set(gray_at(viewer, 20, 20))) == 1
    qtbot.keyClick(viewer, KEYS.Key_G)
    assert controls.channel.currentText() == "RGB"
    assert len(seen.phases) == count, "a color is no other preview"
    qtbot.keyClick(viewer, KEYS.Key_A)
    qtbot.waitUntil(lambda: viewer.preview.alpha and viewer.is_settled(), timeout=WAIT)
    assert gray_at(viewer, 20, 20) == (255,) * 3
    assert gray_at(viewer, 10, 20) == pytest.approx((128,) * 3, abs=2)
    assert gray_at(viewer, 40, 20) == (0,) * 3
    controls.choose("ours")
    qtbot.waitUntil(lambda: "final" in seen.phases[count:] and viewer.is_settled(), timeout=WAIT)
    level = viewer.pictures["ours"].picture.levels[0]
    codes = np.fromfile(viewer.pictures["ours"].picture.codes, np.uint16)
    alpha = codes[: 4 * level[0] * level[1]].reshape(level[1], level[0], 4)[..., 3]
    assert len(np.unique(alpha)) > 100, "the in-between has an alpha of its own"
    qtbot.keyClick(viewer, KEYS.Key_X)
    qtbot.waitUntil(viewer.is_settled, timeout=WAIT)
    assert sum(gray_at(viewer, 50, 40)) > 200, "the checkerboard is seen where nothing is"


def test_a_layer_is_looked_at(looked, seen, qtbot):
    controls, viewer = looked.controls, looked.viewer
    layers = controls.layer
    assert not layers.isHidden()
    assert [layers.itemText(index) for index in range(layers.count())] == ["Color", "alpha"]
    count, color = len(seen.phases), viewer.pictures["ours"].picture.codes
    layers.setCurrentText("alpha")
    assert "ours" not in viewer.pictures, "that was of the color"
    qtbot.waitUntil(lambda: "final" in seen.phases[count:] and viewer.is_settled(), timeout=WAIT)
    assert viewer.preview.layer == "alpha" and viewer.pictures["ours"].picture.codes != color
    assert viewer.value_of("left", QtCore.QPointF(20, 20)) == (1.0, 1.0, 1.0)
    assert viewer.value_of("left", QtCore.QPointF(10, 20)) == (0.5, 0.5, 0.5)
    layers.setCurrentText("Color")
    qtbot.waitUntil(lambda: viewer.pictures.get("ours") is not None, timeout=WAIT)
    assert viewer.pictures["ours"].picture.codes == color


def test_layers_of_another_plate_are_others(panel):
    controls = panel.controls
    controls.show_layers(["alpha", "depth"])
    controls.layer.setCurrentText("depth")
    controls.show_layers(["alpha", "depth", "normal"])
    assert controls.layer_name == "depth"
    controls.show_layers([])
    assert controls.layer_name == "" and controls.layer.isHidden()


def test_a_plate_without_alpha_says_so(looked, qtbot):
    from hifi_ofx.panel.captions import channel

    assert channel("Alpha", looked.viewer.preview).endswith("of which there is none")
    assert channel("Red", looked.viewer.preview) == "  ·  red"
    assert channel("RGB", looked.viewer.preview) == ""
