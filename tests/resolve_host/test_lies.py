"""The fake does what was measured of Resolve; each test is one of its surprises."""

from fractions import Fraction

import pytest

from tests.resolve_host import media, versions
from tests.resolve_host.app import Host
from tests.resolve_host.build import add_item, add_timeline, edit, movie, sequence
from tests.resolve_host.known import UnknownCall


@pytest.fixture(autouse=True)
def measured_on(monkeypatch):
    """Most of this was measured on 19.1 to 21.0; what is newer says its version."""
    monkeypatch.setenv(versions.CHOSEN, "20.2")


def objects(host):
    project = host.app.GetProjectManager().GetCurrentProject()
    return project, project.GetMediaPool(), project.GetCurrentTimeline()


def append(host, clip, start, end, **more):
    """AppendToTimeline, and what is on the track afterwards."""
    from tests.resolve_host.pool import MediaPoolItem

    _, pool, timeline = objects(host)
    entry = {"mediaPoolItem": MediaPoolItem(host, clip), "startFrame": start, "endFrame": end}
    said = pool.AppendToTimeline([{**entry, "trackIndex": 1, "mediaType": 1, **more}])
    return said, timeline.GetItemListInTrack("video", 1)


@pytest.fixture
def host(tmp_path):
    host = Host()
    add_timeline(host)
    return host


def test_unknown_calls_arguments_and_keys_are_refused(host, tmp_path):
    project, pool, timeline = objects(host)
    with pytest.raises(UnknownCall):
        timeline.GetTrackCount("video", 1)
    with pytest.raises(UnknownCall):
        timeline.GetTrackCount(trackType="video")
    with pytest.raises(UnknownCall):
        timeline.SetSetting("timelineFrameRate", 25)  # settings are text
    with pytest.raises(UnknownCall):
        project.SetRenderSettings({"Folder": str(tmp_path)})
    with pytest.raises(UnknownCall):
        pool.ImportMedia([{"Path": "x.%04d.exr", "StartIndex": 1, "EndIndex": 2}])


def test_hasattr_is_always_true_and_getattr_gives_none(host):
    timeline = objects(host)[2]
    assert hasattr(timeline, "TotallyMadeUp")
    assert timeline.TotallyMadeUp is None
    assert "TotallyMadeUp" not in dir(timeline)


@pytest.mark.parametrize(("version", "there"), [((21, 0), False), ((21, 0, 4), True)])
def test_the_selection_came_in_july_2026(version, there):
    host = Host(version=version)
    timeline = host.app.GetProjectManager().GetCurrentProject()
    add_timeline(host)
    timeline = timeline.GetCurrentTimeline()
    assert ("GetSelectedClips" in dir(timeline)) == there
    assert (timeline.GetSelectedClips is not None) == there


def test_every_answer_is_a_new_object(host):
    project = objects(host)[0]
    assert project.GetCurrentTimeline() is not project.GetCurrentTimeline()


@pytest.mark.parametrize(("inclusive", "frames"), [(False, 5), (True, 6)])
def test_the_end_frame_counts_or_does_not(host, tmp_path, inclusive, frames):
    host.end_frame_inclusive = inclusive
    _, (item,) = append(host, movie(host, tmp_path), 3, 8)
    assert item.GetDuration(False) == frames


def test_overlaps_are_dropped_silently_and_what_comes_back_has_no_id(host, tmp_path):
    clip = movie(host, tmp_path)
    append(host, clip, 0, 10, recordFrame=86400)
    said, on_track = append(host, clip, 0, 10, recordFrame=86405)
    assert len(said) == 1
    assert said[0].GetUniqueId() == ""
    assert len(on_track) == 1


def test_saving_discards_what_a_call_that_erred_has_placed(host, tmp_path):
    host.append_errors = 1
    said, on_track = append(host, movie(host, tmp_path), 0, 10)
    assert said is None
    assert len(on_track) == 1
    assert host.app.GetProjectManager().SaveProject()
    assert objects(host)[2].GetItemListInTrack("video", 1) == []


def test_individual_frames_make_a_clip_of_each(host, tmp_path):
    host.individual_frames = True
    entry = {"FilePath": media.write_sequence(tmp_path), "StartIndex": 1001, "EndIndex": 1008}
    assert len(objects(host)[1].ImportMedia([entry])) == 8


def test_mixed_rates_floor_the_duration(host, tmp_path):
    _, (item,) = append(host, movie(host, tmp_path, fps="29.97"), 0, 10)
    assert item.GetDuration(False) == 8  # 10 * 24 / 29.97 = 8.008


def test_source_frames_count_from_the_file_and_placements_from_its_start(host, tmp_path):
    _, (item,) = append(host, sequence(host, tmp_path), 1003, 1006)
    assert item.GetLeftOffset(False) == 2
    # Asking for frame 0 of a plate that starts at 1001 gives its first frame.
    _, items = append(host, sequence(host, tmp_path / "b"), 0, 1003)
    assert items[1].GetLeftOffset(False) == 0


def test_record_and_source_are_two_ways_of_counting(tmp_path):
    host, item = edit(tmp_path, rate="25", fps="50", source=10, duration=4)
    found = objects(host)[2].GetItemListInTrack("video", 1)[0]
    assert found.GetStart(False) == item.start == 90010
    assert found.GetSourceStartTime() == 36000 + 10 / 50  # timecode-absolute, unlike the next
    assert found.GetLeftOffset(False) == 10


def test_a_retimed_clip_reads_differently_in_each_domain(tmp_path):
    host, _ = edit(tmp_path, frames=300, source=100, duration=24, item={"speed": Fraction(2)})
    found = objects(host)[2].GetItemListInTrack("video", 1)[0]
    assert found.GetLeftOffset(False) == 50  # position / speed
    assert found.GetSourceEndFrame() - found.GetSourceStartFrame() in (47, 48)
    assert found.GetProperty("Speed") is None
    assert found.SetProperty("Speed", 50) is False


def test_the_end_frame_of_the_source_changes_its_meaning_with_the_rates(tmp_path):
    for fps, end in (("24", 8), ("48", 11)):
        host, _ = edit(tmp_path, fps=fps, source=4, duration=4)
        item = objects(host)[2].GetItemListInTrack("video", 1)[0]
        assert item.GetSourceEndFrame() == end


def test_timelines_from_xml_know_nothing_of_their_source(tmp_path):
    host, _ = edit(tmp_path, item={"imported_from_xml": True})
    item = objects(host)[2].GetItemListInTrack("video", 1)[0]
    assert (item.GetSourceStartFrame(), item.GetSourceEndFrame()) == (0, 0)


def test_imports_land_in_the_folder_that_is_open(host, tmp_path):
    pattern = media.write_sequence(tmp_path)
    _, pool, _ = objects(host)
    folder = pool.AddSubFolder(pool.GetRootFolder(), "Slow")
    pool.SetCurrentFolder(folder)
    (clip,) = pool.ImportMedia([{"FilePath": pattern, "StartIndex": 1001, "EndIndex": 1008}])
    assert [c.GetUniqueId() for c in folder.GetClipList()] == [clip.GetUniqueId()]
    assert clip.GetClipProperty()["File Path"].endswith("plate.[1001-1008].exr")


def test_a_sequence_takes_the_rate_of_the_project(tmp_path):
    host = Host(rate="23.976")
    add_timeline(host)
    pattern = media.write_sequence(tmp_path)
    (clip,) = objects(host)[1].ImportMedia(
        [{"FilePath": pattern, "StartIndex": 1001, "EndIndex": 1008}]
    )
    assert clip.GetClipProperty()["FPS"] == "23.976"
    # A range that is not on disk gives nothing, and no reason.
    assert objects(host)[1].ImportMedia(
        [{"FilePath": pattern, "StartIndex": 1001, "EndIndex": 1010}]
    ) == []  # fmt: skip


def test_set_clip_property_says_what_it_likes(host, tmp_path):
    from tests.resolve_host.pool import MediaPoolItem

    clip = MediaPoolItem(host, movie(host, tmp_path))
    host.reel_names_automatic = True
    assert clip.SetClipProperty("Reel Name", "Z999")
    assert clip.GetClipProperty()["Reel Name"] == "A001"
    host.says_false_when_done = True
    assert not clip.SetClipProperty("FPS", "25")
    assert clip.GetClipProperty()["FPS"] == "25"
    assert not clip.SetClipColor("Rose")  # a marker's color


def render(host, folder, settings, preset="H.264 Master", codec="RGBHalf"):
    project = objects(host)[0]
    if preset:
        project.LoadRenderPreset(preset)
    project.SetCurrentRenderFormatAndCodec("exr", codec)
    assert project.SetRenderSettings(
        {"TargetDir": str(folder), "CustomName": "render", "ExportVideo": True, **settings}
    )
    job = project.AddRenderJob()
    assert project.StartRendering([job], False)
    looks = 0
    while project.IsRenderingInProgress():
        looks += 1
    assert project.GetRenderJobStatus(job)["JobStatus"] == "Complete"
    return looks, sorted(path.name for path in folder.glob("*.exr"))


def test_deliver_writes_eight_digits_while_nobody_waits(tmp_path):
    host, item = edit(tmp_path, start="00:00:41:17", frames=12, source=1, duration=9)
    item.start -= 10  # at the head of the timeline, whose first frame is 1001
    out = tmp_path / "out"
    looks, names = render(host, out, {"FormatWidth": 64, "FormatHeight": 48})
    assert looks > 1
    assert names[0] == "render.00001001.exr"
    assert len(names) == 9
    assert [media.number_of(out / name) for name in names] == list(range(1, 10))


def test_marks_are_frames_of_the_timeline(tmp_path):
    host, item = edit(tmp_path, duration=9)
    small = {"FormatWidth": 64, "FormatHeight": 48, "SelectAllFrames": False}
    _, names = render(host, tmp_path, {**small, "MarkIn": item.start, "MarkOut": item.start + 2})
    assert names == [f"render.{item.start + n:08}.exr" for n in range(3)]


def test_the_page_keeps_what_nobody_can_read(tmp_path):
    # Somebody delivered sound; with ExportVideo asked for, the job completes without a picture.
    host, _ = edit(tmp_path)
    assert render(host, tmp_path / "out", {}, preset="")[1] == []
    assert render(host, tmp_path / "out", {"FormatWidth": 64, "FormatHeight": 48})[1] != []


def test_codecs_are_set_by_their_ids(host):
    project = objects(host)[0]
    codecs = project.GetRenderCodecs("exr")
    assert codecs["RGB half (ZIP)"] == "RGBHalfZIP"
    assert not project.SetCurrentRenderFormatAndCodec("exr", "RGB half (ZIP)")
    assert project.SetCurrentRenderFormatAndCodec("exr", "RGBHalfZIP")
    assert project.GetRenderCodecs("wav") == {}


def test_clips_are_deleted_on_the_edit_page_and_at_the_second_try(tmp_path):
    host, _ = edit(tmp_path)
    timeline = objects(host)[2]
    items = timeline.GetItemListInTrack("video", 1)
    host.page = "fairlight"
    assert not any(timeline.DeleteClips(items, False) for _ in range(3))
    host.app.OpenPage("edit")
    assert [timeline.DeleteClips(items, False) for _ in range(2)] == [False, True]


def test_saving_an_untitled_project_fails_or_never_ends(host):
    manager = host.app.GetProjectManager()
    assert manager.SaveProject()
    host.project.name = "Untitled Project"
    assert not manager.SaveProject()
    host.headless = True
    with pytest.raises(TimeoutError):
        manager.SaveProject()


def test_a_studio_call_on_the_free_edition_blocks_everything_until_the_dialog_is_closed(tmp_path):
    host, _ = edit(tmp_path, edition="free", version=(21, 0))
    manager = host.app.GetProjectManager()
    assert not objects(host)[2].CreateSubtitlesFromAudio({})
    assert not manager.SaveProject()
    assert manager.GetCurrentProject() is None
    host.modal = ""
    assert manager.SaveProject()


@pytest.mark.parametrize(
    ("edition", "version", "window"),
    [("studio", (21, 0), True), ("free", (19, 1), False), ("free", (18, 6), True)],
)
def test_the_free_edition_has_no_windows_for_scripts(edition, version, window):
    host = Host(edition, version)
    assert (host.app.Fusion().UIManager is not None) == window
    assert bool(host.modal) != window


@pytest.mark.parametrize(
    ("edition", "version", "menu", "outside"),
    [
        ("free", (18, 6), True, False),
        ("free", (21, 0), True, False),
        ("free", (21, 1), False, False),
        ("studio", (21, 1), True, True),
    ],
)
def test_editions(edition, version, menu, outside):
    host = Host(edition, version)
    assert host.runs_python_menu_scripts() == menu
    assert (host.scriptapp("Resolve") is not None) == outside


def test_a_timeline_runs_at_the_rate_of_the_project_until_it_has_settings_of_its_own(host):
    timeline = objects(host)[1].CreateEmptyTimeline("temporary")
    assert timeline.SetSetting("timelineFrameRate", "50")  # said, not done
    assert timeline.GetSetting("timelineFrameRate") == "24"
    timeline.SetSetting("useCustomSettings", "1")
    timeline.SetSetting("timelineFrameRate", "50")
    assert timeline.GetSetting("timelineFrameRate") == "50"
    assert objects(host)[1].CreateEmptyTimeline("temporary") is None  # the name is taken


def test_a_project_is_compared_whole(tmp_path):
    from tests.resolve_host.state import snapshot

    host, item = edit(tmp_path)
    before = snapshot(host.project, host.page)
    add_item(host, host.project.timelines[0], host.project.media(item.media), at=50)
    assert snapshot(host.project, host.page) != before
