"""Highlights survive managed projects, and come back as they went out."""

import numpy as np
import OpenImageIO as oiio
import pytest
from hifi_resolve import color

from tests.resolve.conftest import picture, placed_numbers, slowed
from tests.resolve_host import media
from tests.resolve_host.build import edit

RCM = {"colorScienceMode": "davinciYRGBColorManagedv2", "colorSpaceOutput": "Rec.709 Gamma 2.4"}
SPLIT = {
    "colorScienceMode": "davinciYRGBColorManagedv2",
    "separateColorSpaceAndGamma": "1",
    "colorSpaceOutput": "Rec.709",
    "colorSpaceOutputGamma": "Gamma 2.4",
}
AUTOMATIC = {
    "colorScienceMode": "davinciYRGBColorManagedv2",
    "isAutoColorManage": "1",
    "rcmPresetMode": "SDR",
    "colorSpaceOutput": "",
}
ACES = {"colorScienceMode": "acescct", "colorAcesODT": "Rec.709 BT.1886"}


def managed(folder, settings, **more):
    host, item = edit(folder, **more)
    host.color_managed = True
    host.project.settings.update(settings)
    return host, item


def light(host, placed):
    """The light of the placed frames, read back in the space that the clip is tagged with."""
    clip = host.project.media(placed.media).properties
    space = clip.get("IDT") or clip.get("Input Gamma") or clip.get("Input Color Space", "")
    for path in placed_numbers(host, placed):
        yield media.decode(oiio.ImageBuf(str(path)).get_pixels("float"), space)


@pytest.mark.parametrize(
    ("settings", "tags"),
    [
        (RCM, {"Input Color Space": "DaVinci WG/Intermediate"}),
        (SPLIT, {"Input Color Space": "DaVinci WG", "Input Gamma": "DaVinci Intermediate"}),
        (AUTOMATIC, {"Input Color Space": "DaVinci WG/Intermediate"}),
        (ACES, {"IDT": "ACEScg - CSC"}),
    ],
    ids=["rcm", "split", "automatic", "aces"],
)
def test_highlights_go_out_and_come_back(tmp_path, settings, tags):
    host, item = managed(tmp_path, settings)
    before = picture(host)["settings"]
    done, placed = slowed(host, tmp_path)
    properties = host.project.media(placed.media).properties
    assert {key: properties[key] for key in tags} == tags
    # Every second frame is a source frame; the square in it is four times as bright as white.
    frames = list(light(host, placed))[::2]
    for number, seen in enumerate(frames):
        true = media.paint(int(item.source) + number, (64, 48))
        assert seen.max() == pytest.approx(4.0, rel=0.01)
        np.testing.assert_allclose(seen, true, rtol=0.02, atol=0.002)
    assert host.project.settings == before
    assert [timeline.settings for timeline in host.project.timelines] == [{}]
    assert not any("lost" in line for line in [*host.said, *done.notes])
    assert any("which keeps highlights" in line for line in host.said)


def test_a_timeline_that_keeps_its_colors_to_itself(tmp_path):
    host, _ = managed(tmp_path, RCM)
    host.timeline_colors_locked = True
    done, placed = slowed(host, tmp_path)
    properties = host.project.media(placed.media).properties
    assert properties["Input Color Space"] == "Rec.709 Gamma 2.4"
    assert any("than Rec.709 Gamma 2.4: what that cannot hold" in line for line in host.said)
    assert any("is lost" in note for note in done.notes)


def test_a_project_that_is_not_managed_keeps_its_values(tmp_path):
    host, item = edit(tmp_path)
    done, placed = slowed(host, tmp_path)
    properties = host.project.media(placed.media).properties
    assert not {"Input Color Space", "Input Gamma", "IDT"} & set(properties)
    first = oiio.ImageBuf(str(placed_numbers(host, placed)[0])).get_pixels("float")
    np.testing.assert_allclose(first, media.paint(int(item.source), (64, 48)), rtol=0.002)
    assert not any("color" in note for note in done.notes)


@pytest.mark.parametrize("key", ["Input Color Space", "IDT"])
def test_exr_media_keeps_its_tag(tmp_path, key):
    host, _ = managed(tmp_path, ACES if key == "IDT" else RCM, kind="sequence", **{key: "ACEScg"})
    done, placed = slowed(host, tmp_path)
    assert host.project.media(placed.media).properties[key] == "ACEScg"
    assert done.notes == ()


@pytest.mark.parametrize(
    ("kind", "raw"),
    [("Blackmagic RAW", True), ("R3D", True), ("QuickTime H.264", False), ("", False)],
)
def test_camera_raw_is_mentioned_before_it_is_rendered(tmp_path, kind, raw):
    host, _ = edit(tmp_path, **{"Format": kind})
    slowed(host, tmp_path)
    assert any("Set Decode Quality to Full res." in line for line in host.said) == raw


def test_every_raw_format_has_words_of_its_own():
    assert color.raw_note("cinemadng sequence")
    assert color.raw_note("ARRIRAW (MXF)")
