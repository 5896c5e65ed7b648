"""What a picture is apart from its pixels: views, windows, pixel aspect, alpha, layers, color."""

import json

import numpy as np
import OpenImageIO as oiio
import pytest

from tests.nuke.conftest import (
    HEIGHT,
    WIDTH,
    bakes,
    cache_of,
    moving_square,
    pixels_of,
    read_node,
    rendered,
    results,
    retime_node,
    spec_of,
    write_exr,
)


def plate_of(folder, make, **attributes):
    """Three frames, 1001 to 1003."""
    folder.mkdir()
    for index in range(3):
        write_exr(folder / f"plate.{1001 + index}.exr", make(index), **attributes)
    return (folder / "plate.%04d.exr").as_posix()


def graded(above):
    """Something between that changes pixels, so that they are written out."""
    import nuke

    grade = nuke.nodes.Grade()
    grade.setInput(0, above)
    grade["multiply"].setValue(2.0)
    return grade


def doubled(pixels):
    out = pixels.copy()
    out[..., :3] *= 2
    return out


@pytest.mark.parametrize("baked", [False, True])
def test_overscan_pixel_aspect_and_alpha_stay(gui, knobs, tmp_path, baked):
    window = {"data_window": (-8, -6), "display_window": (0, 0, 48, 36)}
    pattern = plate_of(tmp_path / "plate", moving_square, PixelAspectRatio=2.0, **window)
    above = read_node(pattern, last=1003)
    node = retime_node(gui, graded(above) if baked else above, knobs)
    rendered(gui, node)
    for output in (1001, 1002):
        spec = spec_of(results(node)[output])
        assert (spec.x, spec.y, spec.width, spec.height) == (-8, -6, WIDTH, HEIGHT)
        assert (spec.full_x, spec.full_y, spec.full_width, spec.full_height) == (0, 0, 48, 36)
        assert spec.get_float_attribute("PixelAspectRatio") == 2.0
    expected = moving_square(1)
    np.testing.assert_array_equal(
        pixels_of(results(node)[1003]), doubled(expected) if baked else expected
    )
    between = pixels_of(results(node)[1002])[..., 3]
    assert between.max() > 0.5
    assert not np.array_equal(between, moving_square(0)[..., 3])
    assert not np.array_equal(between, moving_square(1)[..., 3])
    gui.nuke.frame(1003)
    assert (node.bbox().x(), node.bbox().w(), node.width()) == (-8, WIDTH, 48)
    assert node.pixelAspect() == 2.0


def test_only_the_chosen_channels_are_in_the_result(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, retimedChannels="rgb")
    rendered(gui, node)
    assert list(spec_of(results(node)[1002]).channelnames) == ["R", "G", "B"]
    assert bakes(node) == [1001, 1002, 1003, 1004]


def test_layers_other_than_color_are_written_in_float(gui, knobs, tmp_path):
    def with_depth(index):
        depth = np.full((HEIGHT, WIDTH, 1), 1000.1 + index, np.float32)
        return np.concatenate([moving_square(index), depth], axis=-1)

    names = ["R", "G", "B", "A", "Z"]
    pattern = plate_of(tmp_path / "plate", with_depth, kind="float", names=names)
    node = retime_node(gui, graded(read_node(pattern, last=1003)), knobs)
    rendered(gui, node)
    spec = spec_of(results(node)[1002])
    image = pixels_of(results(node)[1002])
    depth = image[..., list(spec.channelnames).index("Z")]
    # Never an average of two depths, and none of the precision lost that half would lose.
    assert set(np.unique(depth)) <= {np.float32(1000.1), np.float32(1001.1)}


@pytest.mark.slow
def test_plain_color_is_written_in_half_unless_float_is_asked_for(gui, plate, knobs):
    node = retime_node(gui, graded(read_node(plate)), knobs)
    rendered(gui, node)
    assert spec_of(written(node) / "source.1002.exr").format == oiio.HALF
    gui.turn(node, "bakeType", "32 bit float")
    rendered(gui, node)
    assert spec_of(written(node) / "source.1002.exr").format == oiio.FLOAT


def written(node):
    """The folder of the input that was written out."""
    return cache_of(node).parent / json.loads((cache_of(node) / "about.json").read_text())["source"]


def test_proxy_mode_does_not_touch_the_result_and_is_put_back(gui, plate, knobs):
    gui.nuke.root()["proxy"].setValue(True)
    node = retime_node(gui, graded(read_node(plate)), knobs)
    assert "Rendered" in rendered(gui, node)
    assert pixels_of(results(node)[1003]).shape == (HEIGHT, WIDTH, 4)
    assert gui.nuke.root()["proxy"].value()


def test_both_eyes_are_retimed_each_by_itself(gui, knobs, warping, tmp_path):
    for view, brightness in (("left", 1.0), ("right", 0.5)):
        folder = tmp_path / view
        folder.mkdir()
        for index in range(3):
            pixels = moving_square(index)
            pixels[..., :3] *= brightness
            write_exr(folder / f"plate.{1001 + index}.exr", pixels)
    gui.host.views[:] = ["left", "right"]
    gui.host.view = "left"
    above = read_node(f"{tmp_path.as_posix()}/%V/plate.%04d.exr", last=1003)
    node = retime_node(gui, above, {**knobs, "weights": str(warping)})
    assert "Rendered" in rendered(gui, node)
    assert sorted(results(node)) == [1001, 1002, 1003, 1004, 1005]
    for view, brightness in (("left", 1.0), ("right", 0.5)):
        gui.host.view = view
        for output, index in ((1001, 0), (1005, 2)):
            shown = gui.sample(node, "rgba.blue", 10 + 6 * index, 25, output)
            assert shown == 30.0 * brightness
        between = gui.sample(node, "rgba.blue", 16, 25, 1002)
        assert 0 < between < 30.5 * brightness


@pytest.mark.parametrize(
    ("knob", "value", "why"),
    [
        ("raw", True, ""),
        ("raw", False, ""),  # the default of an EXR is linear, and so is Nuke's working space
        ("colorspace", "sRGB", "converts colors"),
        ("premultiplied", True, "premultiplied"),
        ("frame_mode", "offset", "frame_mode"),
        ("frame", "frame+1", "frame"),
        ("first", 1002, "goes beyond"),
    ],
)
def test_files_are_read_directly_only_where_nuke_would_not_change_them(
    gui, plate, knobs, knob, value, why
):
    from hifi_nuke import upstream

    values = {"raw": knob != "colorspace", "colorspace": "linear", knob: value}
    node = retime_node(gui, read_node(plate, **values), knobs)
    found = upstream.source(node, (1001, 1004))
    if why:
        assert why in found.why
    else:
        assert isinstance(found, upstream.Direct)
        assert found.pattern == plate


def test_dots_and_disabled_nodes_are_looked_through(gui, plate, knobs):
    from hifi_nuke import upstream

    grade = graded(read_node(plate))
    dot = gui.nuke.nodes.Dot()
    dot.setInput(0, grade)
    node = retime_node(gui, dot, knobs)
    assert "change pixels" in upstream.source(node, (1001, 1004)).why
    grade["disable"].setValue(True)
    assert upstream.source(node, (1001, 1004)).pattern == plate
    grade["disable"].setExpression("frame > 1002")
    assert "change pixels" in upstream.source(node, (1001, 1004)).why


def test_under_ocio_the_role_scene_linear_is_read_directly_and_no_other_space(gui, plate, knobs):
    from hifi_nuke import upstream

    gui.nuke.root()["colorManagement"].setValue("OCIO")
    read = read_node(plate, raw=False)
    node = retime_node(gui, read, knobs)
    assert read["colorspace"].value() == "default (scene_linear)"
    assert upstream.source(node, (1001, 1004)).pattern == plate
    read["colorspace"].setValue("ACES - ACES2065-1")
    assert "converts colors" in upstream.source(node, (1001, 1004)).why


@pytest.mark.parametrize(
    ("config", "space", "direct"),
    [
        ("aces_1.2", "default", True),
        ("aces_1.2", "scene_linear (ACES - ACEScg)", True),
        ("aces_1.2", "compositing_linear (ACES - ACEScg)", True),
        ("aces_1.2", "ACES - ACEScg", True),
        ("aces_1.2", "ACES - ACES2065-1", False),
        ("aces_1.2", "Utility - Linear - sRGB", False),
        ("fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1", "default", True),
        ("fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1", "scene_linear (ACEScg)", True),
        ("fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1", "ACEScg", True),
        ("fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1", "Linear Rec.709 (sRGB)", False),
        ("fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1", "compositing_log (ACEScct)", False),
    ],
)
def test_spaces_as_nuke_spells_them(gui, plate, config, space, direct):
    from hifi_nuke import upstream

    gui.nuke.root()["colorManagement"].setValue("OCIO")
    gui.nuke.root()["OCIO_config"].setValue(config)
    read = read_node(plate, raw=False)
    node = retime_node(gui, read, {})
    read["colorspace"].setValue(space)
    found = upstream.source(node, (1001, 1004))
    assert isinstance(found, upstream.Direct if direct else upstream.Bake)


def test_another_working_space_makes_another_space_direct(gui, plate):
    from hifi_nuke import upstream

    root = gui.nuke.root()
    root["colorManagement"].setValue("OCIO")
    root["OCIO_config"].setValue("aces_1.2")
    read = read_node(plate, raw=False)
    node = retime_node(gui, read, {})
    root["workingSpaceLUT"].setValue("ACES - ACES2065-1")
    assert isinstance(upstream.source(node, (1001, 1004)), upstream.Bake)
    read["colorspace"].setValue("ACES - ACES2065-1")
    assert isinstance(upstream.source(node, (1001, 1004)), upstream.Direct)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("default (scene_linear (ACES - ACEScg))", "ACES - ACEScg", True),
        ("scene_linear", "ACEScg", True),  # as a role among the names
        ("ACES/ACEScg", "ACEScg", True),
        ("rendering (lin_srgb)", "lin_srgb", True),
        ("Linear Rec.709 (sRGB)", "sRGB", False),
        ("scene_linear", "lin_srgb", False),
        ("texture_paint (ACEScct)", "ACEScg", False),
    ],
)
def test_which_spellings_mean_one_space(gui, one, other, same):
    from hifi_nuke import color

    assert color.same_space(one, other, ["scene_linear (ACEScg)", "lin_srgb"]) is same


def test_a_converted_plate_comes_out_in_the_working_space(gui, plate, knobs):
    node = retime_node(gui, read_node(plate, raw=False, colorspace="sRGB"), knobs)
    rendered(gui, node)
    value = moving_square(1)[24, 18, 2]
    linear = ((value + 0.055) / 1.055) ** 2.4  # IEC 61966-2-1
    shown = gui.sample(node, "rgba.blue", 18, 24, 1003)
    assert shown == pytest.approx(linear, rel=2e-3)  # half


@pytest.mark.parametrize("baked", [False, True])
def test_the_timecode_starts_with_the_first_frame_in_use(gui, knobs, tmp_path, baked):
    folder = tmp_path / "plate"
    folder.mkdir()
    for index in range(4):
        # 01:00:00:00, a frame each: smpte:TimeCode is binary coded decimal, frames lowest.
        write_exr(folder / f"plate.{1001 + index}.exr", moving_square(index), timecode=index)
    above = read_node((folder / "plate.%04d.exr").as_posix())
    node = retime_node(gui, graded(above) if baked else above, knobs)
    gui.turn(node, "input.first", 1003)
    rendered(gui, node)
    assert sorted(results(node)) == [1003, 1004, 1005]
    codes = [spec_of(path)["smpte:TimeCode"] for path in results(node).values()]
    assert [code[0] for code in codes] == [0x01000002, 0x01000003, 0x01000004]
