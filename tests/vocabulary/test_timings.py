"""Timing out of other programs' files, against what those programs make of it."""

import re
import zipfile
from fractions import Fraction as F

import pytest

from hifi_ofx.curve_file import read_curve
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.timings import nuke_curve

PLATE = (1001, 1100)


def source_at(curve, frames):
    return [curve.at(F(frame)) for frame in frames]


@pytest.fixture
def read(tmp_path):
    def reading(name, text, clip="", span=PLATE):
        (tmp_path / name).write_text(text)
        return read_curve(tmp_path / name, None, clip, span)

    return reading


@pytest.fixture
def refused(read):
    def sentence(name, text, clip=""):
        with pytest.raises(InvalidSetting) as caught:
            read(name, text, clip)
        return str(caught.value)

    return sentence


class TestOtio:
    """Files that OpenTimelineIO itself writes."""

    otio = pytest.importorskip("opentimelineio")

    def time(self, value, rate=24):
        return self.otio.opentime.RationalTime(value, rate)

    def range(self, start, duration, rate=24):
        return self.otio.opentime.TimeRange(self.time(start, rate), self.time(duration, rate))

    def clip(self, *effects, name="shot", start=86410, duration=21, media="external", rate=24):
        schema, available = self.otio.schema, self.range(86400, 100, rate)
        media = {
            "external": lambda: schema.ExternalReference("a.mov", available),
            "sequence": lambda: schema.ImageSequenceReference(
                "file:///x/", "p.", ".exr", 1001, 1, rate, 4, available_range=available
            ),
            "missing": lambda: schema.MissingReference(),
        }[media]()
        return schema.Clip(name, media, self.range(start, duration, rate), effects=list(effects))

    def saved(self, path, *clips):
        schema = self.otio.schema
        timeline = schema.Timeline("cut")
        timeline.tracks.append(schema.Track("V1", clips, kind=schema.TrackKind.Video))
        timeline.tracks.append(schema.Track("A1", [self.clip()], kind=schema.TrackKind.Audio))
        if path.suffix == ".otioz":  # what its adapter writes, without media
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("version.txt", "1.0.0")
                archive.writestr("content.otio", timeline.to_json_string())
        else:
            self.otio.adapters.write_to_file(timeline, str(path))
        return path

    @pytest.mark.parametrize("scalar", [0.5, 2.0, 0.1, 1.25])
    @pytest.mark.parametrize("suffix", ["otio", "otioz"])
    def test_a_clip_lasts_as_its_range_and_its_media_runs_at_the_scalar(
        self, scalar, suffix, tmp_path
    ):
        warp = self.otio.schema.LinearTimeWarp(time_scalar=scalar)
        path = self.saved(tmp_path / f"cut.{suffix}", self.clip(warp, media="missing"))
        curve, note = read_curve(path, span=PLATE)
        assert [key[0] for key in curve.keys] == [1001, 1021]
        assert source_at(curve, (1001, 1002, 1021)) == [
            1001, 1001 + F(str(scalar)), 1001 + 20 * F(str(scalar))
        ]  # fmt: skip
        assert "taken to begin with the plate's frame 1001" in note

    @pytest.mark.parametrize(("media", "first"), [("external", 501), ("sequence", 1001)])
    def test_where_the_clip_begins_in_its_media_counts(self, media, first, tmp_path):
        """An image sequence has numbers of its own, other media those of the plate."""
        warp = self.otio.schema.LinearTimeWarp(time_scalar=0.5)
        path = self.saved(tmp_path / "cut.otio", self.clip(warp, media=media))
        curve, note = read_curve(path, span=(501, 600))
        assert source_at(curve, (501, 521)) == [first + 10, first + 20] and not note

    def test_a_clip_is_chosen_by_its_name_or_is_the_only_one_retimed(self, tmp_path):
        warp = self.otio.schema.LinearTimeWarp(time_scalar=0.5)
        freeze = self.otio.schema.FreezeFrame()
        plain = self.clip(name="plain")
        path = self.saved(tmp_path / "a.otio", plain, self.clip(warp, name="slow"))
        assert source_at(read_curve(path, span=PLATE)[0], [1021]) == [1021]
        assert source_at(read_curve(path, clip="plain", span=PLATE)[0], [1021]) == [1031]
        path = self.saved(
            tmp_path / "b.otio", self.clip(warp, name="slow"), self.clip(freeze, name="still")
        )
        assert source_at(read_curve(path, clip="still", span=PLATE)[0], [1001, 1021]) == [1011] * 2
        with pytest.raises(InvalidSetting, match=r"2 clips: slow, still\..*--clip NAME"):
            read_curve(path, span=PLATE)
        with pytest.raises(InvalidSetting, match=r"no clip 'other'\. There are: slow, still"):
            read_curve(path, clip="other", span=PLATE)

    def test_rates_of_media_and_timeline_may_differ(self, tmp_path):
        """A second of 23.976 in a timeline of 25: its frames are 24000/25025 of the media's."""
        clip = self.clip(media="external", rate=24000 / 1001)
        clip.source_range = self.otio.opentime.TimeRange(
            self.time(86400, 24000 / 1001), self.time(26, 25)
        )
        path = self.saved(tmp_path / "cut.otio", clip)
        curve, _ = read_curve(path, span=PLATE)
        assert source_at(curve, (1001, 1026)) == [1001, 1001 + F(24000, 1001)]

    @pytest.mark.parametrize(
        ("effect", "sentence"),
        [
            (("LinearTimeWarp", {"time_scalar": -1.0}), "backwards.*--speed 1 --reverse"),
            (("TimeEffect", {"effect_name": "Ramp"}), "TimeEffect 'Ramp', which says no speed"),
        ],
    )
    def test_what_says_no_speed_is_named(self, effect, sentence, tmp_path):
        kind, values = effect
        made = getattr(self.otio.schema, kind)(**values)
        path = self.saved(tmp_path / "cut.otio", self.clip(made))
        with pytest.raises(InvalidSetting, match=sentence):
            read_curve(path, span=PLATE)

    def test_a_retimed_track_is_refused_and_another_effect_is_none_of_time(self, tmp_path):
        blur = self.otio.schema.Effect(effect_name="Blur")
        path = self.saved(tmp_path / "cut.otio", self.clip(blur))
        assert source_at(read_curve(path, span=PLATE)[0], [1021]) == [1031]
        timeline = self.otio.adapters.read_from_file(str(path))
        timeline.tracks[0].effects.append(self.otio.schema.LinearTimeWarp(time_scalar=2.0))
        self.otio.adapters.write_to_file(timeline, str(path))
        with pytest.raises(InvalidSetting, match="track or stack that is retimed"):
            read_curve(path, span=PLATE)


@pytest.mark.parametrize("text", ["{}", '{"OTIO_SCHEMA": "Clip.2", "source_range": 3}', "[1]", "x"])
def test_what_is_no_timeline_gets_a_sentence(text, refused):
    assert "'a.otio'" in refused("a.otio", text)


EVENT = "{n:03}  {reel:8} {track:5} C        {codes}\n"
M2 = "M2   {reel:8}       {speed}                {entry}\n"


def event(speed, source, record, n=1, reel="A012", track="V", entry=None, name="sh010.mov"):
    """One event of so many source and record frames at 24 frames a second."""
    codes = [code(86400), code(86400 + source), code(90000), code(90000 + record)]
    text = EVENT.format(n=n, reel=reel, track=track, codes=" ".join(codes))
    if speed is not None:
        text += M2.format(reel=reel, speed=speed, entry=entry or codes[0])
    return f"{text}* FROM CLIP NAME:  {name}\n"


def code(frames, rate=24):
    seconds, frame = divmod(frames, rate)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frame:02}"


def edl(*events, fcm="NON-DROP FRAME"):
    return f"TITLE: CUT\nFCM: {fcm}\n\n{''.join(events)}"


@pytest.mark.parametrize(
    ("speed", "factor", "source"),
    [("012.0", F(1, 2), 48), ("048.0", F(2), 192), ("024.0", F(1), 96), ("019.2", F(4, 5), 77)],
)
def test_an_event_runs_at_its_speed_for_its_record_length(speed, factor, source, read):
    curve, note = read("cut.edl", edl(event(speed, source, 96)))
    assert source_at(curve, (1001, 1002, 1096)) == [1001, 1001 + factor, 1001 + 95 * factor]
    assert [key[0] for key in curve.keys] == [1001, 1096]
    assert note.endswith("begin with the plate's frame 1001, at 24 frames a second.")


def test_an_event_is_chosen_by_number_reel_or_clip_name(read, refused):
    text = edl(
        event("012.0", 48, 96), event("048.0", 96, 48, n=2, reel="B7", name="sh020.mov"),
        event(None, 24, 24, n=3, reel="C1", name="sh030.mov"),
        event(None, 24, 24, n=4, reel="C1", track="A2"),
    )  # fmt: skip
    for clip in ("002", "2", "B7", "sh020.mov"):
        assert source_at(read("cut.edl", text, clip)[0], [1048]) == [1001 + 94]
    assert source_at(read("cut.edl", text, "C1")[0], [1024]) == [1024]
    assert "3 events: sh010.mov, sh020.mov, sh030.mov" in refused("cut.edl", text)
    alone = edl(event(None, 24, 24, n=3, reel="C1"), event("012.0", 48, 96))
    assert source_at(read("cut.txt", alone)[0], [1096]) == [1001 + F(95, 2)]


def test_dropped_numbers_are_no_frames(read):
    """From 00:59:58;00 to 01:01:02;00 at 29.97 are 62·30 + 2·30 - 2 frames of 64 seconds."""
    codes = "01:00:00;00 01:00:32;00 00:59:58;00 01:01:02;00"
    text = "001 A V C " + codes + "\nM2 A 015.0 01:00:00;00\n"
    curve, note = read("cut.edl", edl(text, fcm="DROP FRAME"))
    assert curve.keys[-1][0] == 1001 + 64 * 30 - 2 - 1 and "at 30 frames" in note


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([event("-012.0", 48, 96)], "backwards"),
        ([event("012.0", 30, 96)], "none agrees"),
        ([event("012.0", 12, 24)], "24 and 25.*agree alike"),
        ([event("012.0", 48, 96, entry=code(86401))], "begins later"),
        (
            [event("012.0", 48, 96) + M2.format(reel="A", speed="1.0", entry=code(86400))],
            "2 speeds",
        ),
        ([], "no event"),
    ],
)
def test_what_an_edl_does_not_say_exactly_is_named(events, sentence, refused):
    assert re.search(sentence, refused("cut.edl", edl(*events)))


def test_a_freeze_stands_still(read):
    text = edl(event("000.0", 1, 96), event("012.0", 48, 96, n=2))
    assert source_at(read("cut.edl", text, "001")[0], (1001, 1096)) == [1001, 1001]


HEADER = "#! /opt/Nuke15.0/libnuke.so -nx\nversion 15.0 v4\nRoot {\n name x.nk\n}\n"


def script(*nodes):
    return HEADER + "".join(f"{node}\n" for node in nodes)


def node(kind, **knobs):
    lines = [f" {name.replace('__', '.')} {value}" for name, value in knobs.items()]
    return "\n".join(["set N1 [stack 0]", f"{kind} {{", *lines, "}"])


@pytest.mark.parametrize(
    ("curve", "frames", "expected"),
    [
        ("curve L x1001 1 x1010 5.5", (1001, 1002, 1010), [1, F(3, 2), F(11, 2)]),
        ("curve K x1001 1 x1004 5 x1006 7", (1001, 1003, 1004, 1005, 1006), [1, 1, 5, 5, 7]),
        ("curve x1001 1 2 4 8", (1001, 1002, 1003, 1004), [1, 2, 4, 8]),
        ("curve i x0 0 s0 x10 10 s0", (0, 1, 5, 10), [0, F("0.28"), 5, 10]),
        ("curve x0 0 s0 t1 x10 10 s0 t5", (0, 5, 10), [0, F("6.25"), 10]),
        ("curve L x0 0 x4 4 L x8 0", (2, 4, 6), [2, 4, 2]),
        ("curve R L x0 0 R x4 2 L x8 8", (2, 6), [F(3, 4), F(19, 4)]),
    ],
)
def test_a_timewarp_s_curve_is_nuke_s_at_every_frame(curve, frames, expected, read):
    """Hermite's cubic by hand: with slopes 0 it is 3t² - 2t³, 0.28 at a tenth of 10."""
    found, note = read("a.nk", script(node("TimeWarp", lookup=f"{{{{{curve}}}}}", name="Warp1")))
    assert source_at(found, frames) == expected and not note
    assert read("b.nk", f"{{{curve}}}")[0] == found


def test_handles_of_another_length_bend_the_way():
    """Of half the usual length, each ends a sixth of the span from its key."""
    curve = nuke_curve.parse("curve x0 0 s2 v0.5 x30 30 s0 u0.5", "a")
    for t in (0.1, 0.5, 0.8):
        s = 1 - t
        x = 3 * s * s * t * 5 + 3 * s * t * t * 25 + 30 * t**3
        y = 3 * s * s * t * 10 + 3 * s * t * t * 30 + 30 * t**3
        assert curve.at(x) == pytest.approx(y, abs=1e-9)


def test_a_smooth_curve_stays_between_its_keys():
    """By Catmull-Rom's slopes, 0.525 and 1.475, it swings below 10 before it rises to 10.5."""
    curve = nuke_curve.parse("curve x0 0 x10 10 x20 10.5 x30 40", "a")
    values = [curve.at(10 + n / 10) for n in range(101)]
    assert min(values) >= 10 and max(values) <= 10.5 and values == sorted(values)
    swinging = nuke_curve.parse("curve R x0 0 x10 10 x20 10.5 x30 40", "a")
    assert min(swinging.at(10 + n / 10) for n in range(101)) < 9.5


def test_a_slope_that_nuke_does_not_document_is_told(read):
    smooth = node("TimeWarp", lookup="{{curve x1 1 x11 21}}", name="Warp1")
    curve, note = read("a.nk", script(smooth))
    assert source_at(curve, (1, 6, 11)) == [1, 11, 21]
    assert "the curve of Warp1 is smooth at its first or last key" in note


KRONOS = {"input__first": 1001, "input__last": 1009, "name": "Kronos1"}


@pytest.mark.parametrize(
    ("knobs", "frames", "expected"),
    [
        ({}, (1001, 1002, 1017), [1001, F(2003, 2), 1009]),  # 0.5, which is not written
        ({"timingOutputSpeed": 2}, (1001, 1005), [1001, 1009]),
        ({"timing2": '"Input Speed"', "timingInputSpeed": 0.25}, (1001, 1033), [1001, 1009]),
        (
            {"timing2": "Frame", "timingFrame2": "{{curve L x1 1001 x9 1009 x17 1001}}"},
            (1, 9, 13, 17), [1001, 1009, 1005, 1001],
        ),
        (  # the integral of 0.5 to 1 over eight frames is 6
            {"timingOutputSpeed": "{{curve L x1001 0.5 x1009 1}}"},
            (1001, 1009, 1011), [1001, 1007, 1009],
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["Kronos", "OFlow2"])
def test_kronos_timings_are_read(kind, knobs, frames, expected, read):
    curve, note = read("a.nk", script(node(kind, **KRONOS, **knobs)))
    assert source_at(curve, frames) == expected and not note
    assert curve.keys[-1][0] == frames[-1]


@pytest.mark.parametrize(
    ("knobs", "frames", "expected"),
    [
        ({"speed": 2, "output__first": 1}, (1, 2, 50), [1001, 1003, 1099]),
        ({"speed": 0.5, "reverse": "true", "output__first": 1}, (1, 3), [1100, 1099]),
        ({"speed": "{{curve K x1 1 x3 2}}", "output__first": 1, "output__last": 5},
         (1, 3, 5), [1001, 1003, 1007]),
    ],
)  # fmt: skip
def test_a_retime_shows_its_first_frame_at_its_first_output(knobs, frames, expected, read):
    knobs = {"input__first": 1001, "input__last": 1100, **knobs}
    curve, _ = read("a.nk", script(node("Retime", **knobs)))
    assert source_at(curve, frames) == expected


def test_a_node_is_chosen_by_name_and_one_that_is_off_is_none(read, refused):
    warps = [
        node("TimeWarp", lookup=f"{{{{curve L x1 1 x9 {last}}}}}", name=name, **more)
        for name, last, more in (("A", 5, {}), ("B", 17, {}), ("C", 3, {"disable": "true"}))
    ]
    blur = node("Blur", size="{{curve x1 0 x9 4}}", label='"a \\"Kronos \\{ of \\" words"')
    text = script(blur, "Group {\n name Group1\n}", *warps, "end_group")
    assert source_at(read("a.nk", text, "B")[0], [9]) == [17]
    assert "2 retimes: A, B" in refused("a.nk", text)
    assert "no retime 'C'" in refused("a.nk", text, "C")


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (node("TimeWarp", lookup="{{frame*2}}", name="W"), "W.lookup is 'frame\\*2'"),
        (node("TimeWarp", lookup='{{"parent.Blur1.size + 1"}}'), "only Nuke can evaluate"),
        (node("TimeWarp", lookup="{{curve C x1 1 x5 5 x9 2}}"), "cubic"),
        (node("TimeWarp", lookup="{{curve x1 1 y2 x5 5}}"), "'y2' in its curve"),
        (node("TimeWarp", lookup="{{curve x5 1 x1 5}}"), "do not ascend"),
        (node("TimeWarp", lookup="7", name="W"), "W.lookup stands still"),
        (node("Kronos", **KRONOS, timingOutputSpeed=0), "must be above 0"),
        (node("Retime", speed="{{curve x1 1 x9 2}}"), "does not say its output range"),
        (node("Blur", size=3), "no retime whose timing could be read"),
    ],
)  # fmt: skip
def test_what_a_script_does_not_say_exactly_is_named(made, sentence, refused):
    assert re.search(sentence, refused("a.nk", script(made)))


def test_an_interpolation_is_for_rows(tmp_path):
    (tmp_path / "a.nk").write_text("{curve L x1 1 x9 5}")
    with pytest.raises(InvalidSetting, match="says itself how it goes between keys"):
        read_curve(tmp_path / "a.nk", "cubic")
    (tmp_path / "a.csv").write_text("1,1\n9,5\n")
    with pytest.raises(InvalidSetting, match="no clip to choose"):
        read_curve(tmp_path / "a.csv", clip="A")
