"""How light gets on the screen: the curve, the table that stands in for it, places and overlays."""

import array
import sys

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.panel.camera import Camera
from hifi_ofx.panel.exposing import Codes, View, by_table, decoded, encoded, exposed
from hifi_ofx.panel.overlays import patch_area, patches_at, stage_text
from hifi_ofx.panel.qt import QtCore, QtGui, keep_singletons, needs_immortals
from hifi_ofx.preview import Stage

LINEAR = tuple((i / 256) ** 3 * 8 for i in range(257))  # some curve from codes to light
VIEWS = [View(), View(2.0), View(-3.0, 1.8), View(1.5, 0.6)]


def gray(codes):
    """An image of codes, one row."""
    values = array.array("H", [part for code in codes for part in (code, code, code, 65535)])
    data = values.tobytes()
    form = QtGui.QImage.Format.Format_RGBX64
    return QtGui.QImage(data, len(codes), 1, 8 * len(codes), form).copy()


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize("way", [exposed, by_table], ids=["color space", "table"])
def test_light_is_shown_as_exposure_and_gamma_say(qapp, view, way):
    codes = list(range(0, 65536, 997))
    image = way(gray(codes), view, Codes(LINEAR))
    for column, code in enumerate(codes):
        light = (code / 65535) ** 3 * 8
        lit = min(1.0, light * 2**view.exposure)
        srgb = 12.92 * lit if lit <= 0.0031308 else 1.055 * lit ** (1 / 2.4) - 0.055
        assert QtGui.qRed(image.pixel(column, 0)) == pytest.approx(
            255 * srgb ** (1 / view.gamma), abs=1.6
        )


def test_the_display_s_curve_has_an_inverse():
    for step in range(101):
        assert decoded(encoded(step / 100)) == pytest.approx(step / 100, abs=1e-6)


def test_light_below_zero_and_above_white_is_clipped():
    assert View().shown(-0.5) == 0
    assert View().shown(60000.0) == pytest.approx(1)
    assert View(-16).shown(60000.0) < 1


@pytest.fixture
def camera():
    made = Camera()
    made.plate = QtCore.QRectF(0, 0, 200, 100)
    made.set_panes(QtCore.QRectF(0, 0, 400, 400), side_by_side=False)
    made.fit()
    return made


def test_the_plate_fits(camera):
    assert camera.scale == 2
    assert camera.to_widget(camera.plate, camera.panes[0]) == QtCore.QRectF(0, 100, 400, 200)


def test_zooming_keeps_the_place_under_the_cursor(camera):
    cursor = QtCore.QPointF(120, 220)
    before = camera.to_plate(cursor)
    camera.zoom_to(7.5, cursor)
    after = camera.to_plate(cursor)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()), abs=0.5 / 7.5 + 1e-9)


def test_an_anamorphic_plate_is_as_wide_as_it_was_filmed(camera):
    camera.aspect = 2.0
    camera.fit()
    assert camera.to_widget(camera.plate, camera.panes[0]) == QtCore.QRectF(0, 150, 400, 100)
    place = camera.to_plate(QtCore.QPointF(300, 175))
    assert (place.x(), place.y()) == (150, 25)
    camera.pan(QtCore.QPointF(8, 0))
    assert camera.to_plate(QtCore.QPointF(308, 175)).x() == pytest.approx(150)


def test_at_1_to_1_pixels_fall_on_pixels(camera):
    camera.set_panes(QtCore.QRectF(0, 0, 401, 333), side_by_side=False)
    camera.zoom_to(1.0)
    corner = camera.to_widget(QtCore.QRectF(3, 7, 1, 1), camera.panes[0]).topLeft()
    assert (corner.x() % 1, corner.y() % 1) == (0, 0)


def test_panning_moves_the_plate_with_the_hand(camera):
    camera.pan(QtCore.QPointF(30, -10))
    place = camera.to_plate(QtCore.QPointF(230, 190))
    assert (place.x(), place.y()) == pytest.approx((100, 50))


def test_both_panes_show_the_same_place(camera):
    camera.set_panes(QtCore.QRectF(0, 0, 402, 200), side_by_side=True)
    left, right = camera.panes
    first, second = camera.to_plate(left.center()), camera.to_plate(right.center())
    assert (first.x(), first.y()) == (second.x(), second.y())


STAGE = Stage(50, 70, 1, 32, 48, (0, 18), (0, 22))


def test_patches_under_the_cursor_are_those_that_hold_it():
    assert patches_at(STAGE, 10, 5) == [(0, 0)]
    assert patches_at(STAGE, 30, 25) == [(0, 0), (0, 22), (18, 0), (18, 22)]
    assert patches_at(STAGE, 69, 49) == [(18, 22)]


def test_a_patch_of_a_coarse_stage_is_as_large_as_what_it_covers():
    stage = Stage(25, 35, 1, 25, 35, (0,), (0,))
    area = patch_area(stage, 0, 0, QtCore.QRectF(10, 20, 70, 50))
    assert area == QtCore.QRectF(10, 20, 70, 50)


def test_a_patch_that_is_filled_up_past_the_picture_ends_with_it():
    window = QtCore.QRectF(10, 20, 140, 100)
    stage = Stage(50, 70, 1, 64, 64, (0,), (0, 32))
    assert patch_area(stage, 0, 0, window) == QtCore.QRectF(10, 20, 128, 100)
    assert patch_area(stage, 0, 32, window) == QtCore.QRectF(74, 20, 76, 100)


def test_a_stage_is_said_in_words():
    assert stage_text(STAGE, 1) == "2   50x70   4 patches of 32x48   1 step"


def test_a_binding_that_needs_immortals_is_known():
    assert needs_immortals("6.12.0", (3, 11))
    assert not needs_immortals("6.12.0", (3, 12))
    assert not needs_immortals("6.5.3", (3, 10))


def test_calls_without_a_result_do_not_use_up_none(qapp):
    keep_singletons()
    pen, image = QtGui.QPen(), QtGui.QImage(4, 4, QtGui.QImage.Format.Format_RGB32)
    for _ in range(20_000):
        image.fill(0)
        pen.setWidth(1)
    assert sys.getrefcount(None) > 1000
