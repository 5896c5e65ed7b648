"""The versions of the stand-in: which calls each has, and what was measured of the newest."""

import ast
import json
import sys
from pathlib import Path

import pytest

from tests.resolve_host import known, table, versions
from tests.resolve_host.build import add_item, add_sound, add_transition, edit
from tests.resolve_host.known import UnknownCall


def objects(host):
    project = host.app.GetProjectManager().GetCurrentProject()
    return project, project.GetMediaPool(), project.GetCurrentTimeline()


@pytest.mark.parametrize(
    ("kind", "name", "first"),
    [
        ("TimelineItem", "GetSourceStartFrame", "19.0"),
        ("TimelineItem", "GetLinkedItems", "19.0"),
        ("Project", "DeleteRenderPreset", "19.1"),
        ("Timeline", "GetMarkInOut", "19.1"),
        ("MediaPoolItem", "SetName", "20.2"),
        ("Timeline", "GetSelectedClips", "21.0"),
        ("TimelineItem", "SetSpeed", "21.1"),
        ("TimelineItem", "GetStart", "18.6.6"),
    ],
)
def test_when_a_call_came(kind, name, first):
    there = [v for v, numbers in versions.ALL.items() if known.there(kind, name, numbers)]
    assert there == list(versions.ALL)[list(versions.ALL).index(first) :]


@pytest.mark.parametrize("version", versions.ALL.values())
def test_arguments_are_those_of_the_version(tmp_path, version):
    host, _ = edit(tmp_path, version=version)
    item = objects(host)[2].GetItemListInTrack("video", 1)[0]
    forms = {(): version < (19, 0) or version >= (21, 1), (False,): version >= (19, 0)}
    for words, fits in forms.items():
        if fits:
            assert item.GetStart(*words) == 86410
        else:
            with pytest.raises(UnknownCall):
                item.GetStart(*words)


def test_what_a_version_lacks_is_none_and_is_noted(tmp_path):
    host, _ = edit(tmp_path, version=(18, 6, 6))
    item = objects(host)[2].GetItemListInTrack("video", 1)[0]
    assert item.GetSourceStartFrame is None
    assert "GetSourceStartFrame" not in dir(item)
    assert host.missed == ["TimelineItem.GetSourceStartFrame"]


@pytest.mark.parametrize("call", ["GetSetting", "SetSetting"])
def test_deprecated_calls_are_refused(tmp_path, call):
    host, _ = edit(tmp_path, version=(21, 1))
    project, _, timeline = objects(host)
    words = ("timelineFrameRate",) if call == "GetSetting" else ("timelineFrameRate", "25")
    with pytest.raises(UnknownCall, match="deprecates"):
        getattr(timeline, call)(*words)
    assert project.GetSettings()["timelineFrameRate"] == 24.0  # a number, where text was
    assert host.missed == [f"Timeline.{call}{words}"]


def test_drop_frame_is_a_setting_of_its_own_in_21_1(tmp_path):
    host, _ = edit(tmp_path, rate="29.97 DF", version=(21, 1))
    settings = objects(host)[2].GetSettings()
    assert (settings["timelineFrameRate"], settings["timelineDropFrameTimecode"]) == (29.97, "1")


def test_the_extent_to_the_left_counts_record_frames_in_21_1(tmp_path):
    for version, offset in (((21, 0, 4), 10), ((21, 1), 5)):
        host, _ = edit(tmp_path, rate="25", fps="50", source=10, duration=4, version=version)
        item = objects(host)[2].GetItemListInTrack("video", 1)[0]
        assert item.GetLeftOffset(False) == offset


def test_a_timeline_of_its_own_settings_loses_the_project_s_colors(tmp_path):
    host, _ = edit(tmp_path, version=(20, 2, 2))
    host.project.settings["colorScienceMode"] = "davinciYRGBColorManagedv2"
    timeline = objects(host)[1].CreateEmptyTimeline("temporary")
    timeline.SetSetting("useCustomSettings", "1")
    assert timeline.GetSetting("colorScienceMode") == "davinciYRGB"


def test_transitions_are_items_from_21_1_on_and_in_the_edl_before(tmp_path):
    for version, count in (((21, 0, 4), 1), ((21, 1), 2)):
        host, _ = edit(tmp_path, version=version)
        add_transition(host, at=8, duration=4)
        timeline = objects(host)[2]
        assert len(timeline.GetItemListInTrack("video", 1)) == count
        path = tmp_path / "a.edl"
        timeline.Export(str(path), host.app.EXPORT_EDL, host.app.EXPORT_NONE)
        assert "V     D    004" in path.read_text()


def test_a_ripple_moves_what_lies_behind_and_cuts_what_runs_across(tmp_path):
    host, item = edit(tmp_path, version=(21, 1))
    behind = add_item(host, host.project.timelines[0], host.project.media(item.media), at=30)
    music = add_sound(host, at=0, duration=60)
    found = objects(host)[2].GetItemListInTrack("video", 1)[0]
    assert found.SetSpeed({"Percentage": 50.0, "RippleTimeline": True})
    assert (item.duration, behind.start) == (8, 86434)
    first, second = host.project.timelines[0].audio[0].items
    assert (first, first.duration, second.start) == (music, 14, 86418)
    assert found.GetSpeed()["Percentage"] == 50.0


def test_a_locked_track_stays_where_it_is(tmp_path):
    host, _ = edit(tmp_path, version=(21, 1))
    music = add_sound(host, at=0, duration=60)
    timeline = objects(host)[2]
    timeline.SetTrackLock("audio", 1, True)
    timeline.GetItemListInTrack("video", 1)[0].SetSpeed(
        {"Percentage": 50.0, "RippleTimeline": True}
    )
    assert host.project.timelines[0].audio[0].items == [music]


def test_the_table_is_what_the_script_makes():
    """Of the stubs that are installed, which are the newest: nothing was written by hand."""
    stubs = [Path(p) / "fusionscript-stubs" / "fusionscript.pyi" for p in filter(None, sys.path)]
    text = next(path for path in stubs if path.is_file()).read_text(encoding="utf-8")
    made, _ = table._tables({"21.0": ast.parse(text)} | {"21.1": ast.parse("")})
    written = json.loads(table.TABLE.read_text(encoding="utf-8"))["calls"]
    for name, changes in made.items():
        of_21 = [call for v, call in written[name].items() if v != "21.1"][-1]
        assert of_21 == changes["21.0"], name
