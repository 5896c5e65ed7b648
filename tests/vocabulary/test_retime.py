"""Timing is exact: plans, curves, halvings, missing frames, and the sentences for bad input."""

from __future__ import annotations

import ast
import json
import re
import time
from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hifi_ofx import retime
from hifi_ofx.curve_file import read_curve
from hifi_ofx.errors import HifiError, InvalidSetting, MissingFrames
from hifi_ofx.frame_list import astray, chosen, in_words, runs
from hifi_ofx.retime import (
    Curve,
    PlannedFrame,
    Retime,
    RetimePlan,
    fill_missing,
    halvings,
    parse_fps,
    parse_frames,
    parse_range,
    parse_speed,
    plan_clip,
)


def load_curve(path, interpolation=None):
    """The curve of a file that says all of it."""
    curve, note = read_curve(path, interpolation)
    assert not note
    return curve


speeds = st.fractions(min_value=F(1, 9), max_value=20, max_denominator=1001)
clips = st.tuples(st.integers(-200, 5000), st.integers(0, 12)).map(lambda c: (c[0], c[0] + c[1]))


@st.composite
def curves(draw, monotone=False):
    """Curves over a clip of 0 to 1000, on arbitrary rational output frames."""
    steps = draw(st.lists(st.fractions(F(1, 3), 9, max_denominator=7), min_size=1, max_size=5))
    outputs = [F(draw(st.integers(-5, 5)))]
    for step in steps:
        outputs.append(outputs[-1] + step)
    sources = draw(
        st.lists(
            st.fractions(0, 1000, max_denominator=9),
            min_size=len(outputs),
            max_size=len(outputs),
        )
    )
    keys = tuple(zip(outputs, sorted(sources) if monotone else sources))
    return Curve(keys, draw(st.sampled_from(("linear", "cubic"))))


def source_time(frame):
    return frame.left + frame.fraction


def plan_of(*rows):
    return RetimePlan(tuple(PlannedFrame(*row) for row in rows))


def test_three_frames_at_quarter_speed():
    plan = Retime(speed=F(1, 4)).plan(1001, 1003)
    quarter = F(1, 4)
    assert [(f.output, f.left, f.right, f.fraction) for f in plan.frames] == [
        (1001, 1001, 1001, 0),
        (1002, 1001, 1002, quarter),
        (1003, 1001, 1002, 2 * quarter),
        (1004, 1001, 1002, 3 * quarter),
        (1005, 1002, 1002, 0),
        (1006, 1002, 1003, quarter),
        (1007, 1002, 1003, 2 * quarter),
        (1008, 1002, 1003, 3 * quarter),
        (1009, 1003, 1003, 0),
    ]
    assert plan.source_frames == (1001, 1002, 1003)
    assert [frame.output for frame in plan.inbetweens] == [1002, 1003, 1004, 1006, 1007, 1008]


@given(speeds, clips, st.booleans())
def test_a_constant_speed_reproduces_source_time_exactly(speed, clip, reverse):
    first, last = clip
    plan = Retime(speed=speed, reverse=reverse).plan(first, last)
    assert [f.output for f in plan.frames] == list(range(first, first + len(plan.frames)))
    # One more frame would lie past the source.
    assert (len(plan.frames) - 1) * speed <= last - first < len(plan.frames) * speed
    for index, frame in enumerate(plan.frames):
        wanted = last - index * speed if reverse else first + index * speed
        assert source_time(frame) == wanted
        assert 0 <= frame.fraction < 1
        assert first <= frame.left <= frame.right <= last
        assert frame.right == frame.left + (1 if frame.fraction else 0)


@given(clips, curves())
def test_a_curve_makes_one_frame_for_every_whole_number_it_covers(clip, curve):
    try:
        plan = Retime(curve=curve).plan(0, 1000)
    except InvalidSetting as error:
        assert "No whole output frame" in error.message
        return
    outputs = [frame.output for frame in plan.frames]
    assert outputs == list(range(outputs[0], outputs[0] + len(outputs)))
    first, last = curve.keys[0][0], curve.keys[-1][0]
    assert outputs[0] - 1 < first <= outputs[0] and outputs[-1] <= last < outputs[-1] + 1
    assert all(source_time(f) == curve.at(F(f.output)) for f in plan.frames)


@given(curves(monotone=True))
def test_between_monotone_keys_time_never_runs_backwards(curve):
    (start, _), (end, _) = curve.keys[0], curve.keys[-1]
    sampled = [curve.at(start + (end - start) * F(index, 20)) for index in range(21)]
    assert sampled == sorted(sampled)


@given(curves())
def test_a_curve_meets_its_keys_and_stays_between_them(curve):
    for (x0, y0), (x1, y1) in zip(curve.keys, curve.keys[1:]):
        assert curve.at(x0) == y0 and curve.at(x1) == y1
        for part in (F(1, 7), F(1, 2), F(6, 7)):
            assert min(y0, y1) <= curve.at(x0 + part * (x1 - x0)) <= max(y0, y1)


def test_cubic_through_a_line_is_the_line():
    line = Curve(tuple((F(x), F(3 * x, 2)) for x in (0, 1, 5, 9)), "cubic")
    assert all(line.at(F(x, 8)) == F(3 * x, 16) for x in range(73))


def test_cubic_eases_where_the_speed_changes():
    # Slopes 1 and 3 of equal width: the tangent at the key is their harmonic mean, 3/2.
    curve = Curve(((F(0), F(0)), (F(1), F(1)), (F(2), F(4))), "cubic")
    step = F(1, 10**9)
    slope = (curve.at(1 + step) - curve.at(1 - step)) / (2 * step)
    assert abs(slope - F(3, 2)) < F(1, 10**6)


def test_conforming_frame_rates_keeps_the_duration():
    plan = Retime(fps=(F(24), F(60))).plan(0, 24)
    assert len(plan.frames) == 61
    assert plan.frames[1].fraction == F(2, 5)
    ntsc = Retime(fps=parse_fps("24000/1001:25")).plan(0, 100)
    assert source_time(ntsc.frames[1]) == F(24000, 25025)


def test_a_range_numbers_the_output_from_its_first_frame():
    plan = Retime(speed=F(1, 2), input_range=(1010, 1012)).plan(1001, 1050)
    assert [f.output for f in plan.frames] == [1010, 1011, 1012, 1013, 1014]
    assert plan.source_frames == (1010, 1011, 1012)


def test_one_frame_stays_one_frame():
    assert Retime(speed=F(1, 8)).plan(7, 7).frames == (PlannedFrame(7, 7, 7, F(0)),)


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("1/4", F(1, 4)),
        (" 0.1 ", F(1, 10)),
        ("25%", F(1, 4)),
        ("33.3 %", F(333, 1000)),
        ("23.976/24", F(999, 1000)),
        ("2", F(2)),
        (".5", F(1, 2)),
        ("1e-1", F(1, 10)),
    ],
)
def test_speeds_are_read_exactly(text, speed):
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "fast", "1/0", "1/4/2", "nan", "inf", "0,5", "1e999999999"])
def test_nonsense_is_not_a_speed(text):
    with pytest.raises(InvalidSetting, match="not a number") as caught:
        parse_speed(text)
    assert "1/4" in caught.value.hint


def test_zero_and_negative_speed_say_what_to_do():
    with pytest.raises(InvalidSetting, match="Speed is 0"):
        parse_speed("0")
    with pytest.raises(InvalidSetting) as caught:
        parse_speed("-50%")
    assert "1/2" in caught.value.hint and "--reverse" in caught.value.hint


def test_frame_rates():
    assert parse_fps("24:60") == (24, 60)
    assert parse_fps("23.976:29.97") == (F(24000, 1001), F(30000, 1001))
    assert parse_fps("12.5:25") == (F(25, 2), 25)
    for text in ("24", "24:0", "24:-1", "24:60:1", "a:b"):
        with pytest.raises(InvalidSetting):
            parse_fps(text)


def test_frame_ranges():
    assert parse_range("1001-1050") == (1001, 1050)
    assert parse_range("-10--5") == (-10, -5)
    assert parse_range("-3 - 4") == (-3, 4)
    assert parse_range("7") == (7, 7)
    for text in ("", "a-b", "1-2-3", "1001-", "1.5-2"):
        with pytest.raises(InvalidSetting, match="not a frame range"):
            parse_range(text)
    with pytest.raises(InvalidSetting) as caught:
        parse_range("1050-1001")
    assert "1001-1050" in caught.value.hint


def test_dashes_of_editors_and_web_pages_are_dashes():
    for text in ("1001–1050", "1001—1050", "1001−1050", "1001..1050"):
        assert parse_range(text) == (1001, 1050)
    assert parse_range("−2-0") == (-2, 0) and parse_range("-10–-5") == (-10, -5)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("1001-1009", (1001, 1009)),
        ("7", (7, 7)),
        ("1001-1009x2", (1001, 1001, 1003, 1003, 1005, 1005, 1007, 1007, 1009, 1009)),
        ("1001-1010:5", (1001, 1001, 1006, 1006)),
        ("-4-4x4", (-4, -4, 0, 0, 4, 4)),
        ("1001,1003", (1001, 1001, 1003, 1003)),
        ("1003, 1001-1002,1003", (1001, 1003)),
        ("-2--1,5-6x1", (-2, -1, 5, 6)),
        ("1-3,2-5,10", (1, 5, 10, 10)),
    ],
)
def test_lists_of_frames(text, spans):
    assert parse_frames(text) == spans


@pytest.mark.parametrize(
    "text", ["", "1001,", "1-9x0", "9-1", "1-9y2", "x2", "1-3000000,9", "1-2-3"]
)
def test_what_is_no_list_of_frames_gets_a_sentence(text):
    with pytest.raises(InvalidSetting) as caught:
        parse_frames(text)
    assert caught.value.hint


@given(st.sets(st.integers(-50, 50), min_size=1))
def test_a_list_of_frames_is_read_back(frames):
    """In the words that sentences have, and as a list."""
    for text in (",".join(map(str, frames)), in_words(frames, 200).replace(" and ", ",")):
        assert set(chosen(parse_frames(text))) == frames
    assert {n for first, last in runs(frames) for n in range(first, last + 1)} == frames


@given(st.integers(-9999, 9999), st.integers(0, 9999))
def test_every_frame_range_is_read_back(first, length):
    assert parse_range(f"{first}-{first + length}") == (first, first + length)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.csv", "output,source\n1,1\n5,2.5\n"),
        ("c.csv", "\ufeff1;1\r\n5;2.5\r\n"),
        ("nuke.txt", "# from a curve editor\n1 1\n5\t2.5\n"),
        ("c.csv", "1;1\n5;2,5\n"),
        ("c.csv", "Bild\tQuelle\n1\t1,0\n5\t2,5\n"),
        ("c.csv", "1;1;\n5;2.5;\n"),
        ("c.csv", '"output","source"\n"1","1"\n"5","2.5"\n'),
        ("c.csv", '"1";"1,0"\n"5";"2,5"\n'),
        ("c.json", "[[1, 1], [5, 2.5]]"),
        ("c.json", '{"keys": [["1", "1"], ["5", "5/2"]], "interpolation": "linear"}'),
    ],
)
def test_curves_are_read_from_csv_and_json(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert load_curve(tmp_path / name) == Curve(((F(1), F(1)), (F(5), F(5, 2))))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_curves_are_read_in_every_usual_encoding(tmp_path, encoding):
    (tmp_path / "c.csv").write_text("# für Szene é\n1,1\n5,2.5\n", encoding=encoding)
    assert load_curve(tmp_path / "c.csv") == Curve(((F(1), F(1)), (F(5), F(5, 2))))


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.aaf", "AAF", "AAF"),
        ("a.drt", "1 2\n3 4\n", "DaVinci Resolve"),
        ("a.fcpxml", "<?xml version='1.0'?><fcpxml/>", "XML"),
        ("a.txt", "<?xml version='1.0'?><xmeml/>", "XML"),
    ],
)
def test_timing_of_other_programs_is_named(tmp_path, name, text, what):
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidSetting, match=f"is .*{what}.*not read as a curve") as caught:
        load_curve(tmp_path / name)
    assert "output frame, source frame" in caught.value.hint


def test_one_column_and_decimal_commas_say_what_is_missing(tmp_path):
    (tmp_path / "c").write_text("1001\n1001.5\n")
    with pytest.raises(InvalidSetting) as caught:
        load_curve(tmp_path / "c")
    assert "output frame before" in caught.value.hint
    (tmp_path / "c").write_text("1001,1001,5\n1002,1002,0\n")
    with pytest.raises(InvalidSetting) as caught:
        load_curve(tmp_path / "c")
    assert "1001;1001,5" in caught.value.hint


def test_interpolation_comes_from_the_argument_then_the_file(tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"keys": [[1, 1], [5, 0.1]], "interpolation": "cubic"}')
    assert load_curve(path).interpolation == "cubic"
    assert load_curve(path, "linear").interpolation == "linear"
    assert load_curve(path).keys[1] == (5, F(1, 10))  # a tenth, not the nearest double


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "0 key"),
        ("1,1\n", "1 key"),
        ("1,1\n1,2\n", "two keys at output frame 1"),
        ("5,1\n1,2\n", "from output frame 5 back to 1"),
        ("1,1\n2\n", "row 2 does not have two"),
        ("1,1\n2,x\n", "row 2 is not two numbers"),
        ("1,1\n2,nan\n", "row 2 is not two numbers"),
        ("[[1,1],[2", "not valid JSON"),
        ("{}", "no list of keys"),
        ('{"keys": [[1,1],[2,2]], "interpolation": "bezier"}', "bezier"),
    ],
)
def test_bad_curves_say_which_row(tmp_path, text, words):
    path = tmp_path / "curve"
    path.write_text(text)
    with pytest.raises(InvalidSetting) as caught:
        load_curve(path)
    assert words in caught.value.message and caught.value.hint


def test_curve_files_that_cannot_be_read(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x9d")
    for path in (tmp_path / "missing.csv", tmp_path, tmp_path / "binary"):
        with pytest.raises(InvalidSetting):
            load_curve(path)


def test_a_curve_that_leaves_the_clip_names_the_frames():
    curve = Curve(((F(1), F(1)), (F(10), F(20))))
    with pytest.raises(InvalidSetting, match=r"Output frame 6 .*source frame 11\.556; .*1 to 11"):
        Retime(curve=curve).plan(1, 11, ends="error")
    just_past = Curve(((F(1), F(1)), (F(2), F(11) + F(1, 10**6))))
    with pytest.raises(InvalidSetting, match="source frame just past 11; "):
        Retime(curve=just_past).plan(1, 11, ends="error")


@pytest.mark.parametrize("reverse", [False, True])
def test_past_the_clip_s_ends_its_frames_are_held(reverse):
    """Output n shows source 2n - 6, held inside 1 to 11; mirrored, 12 minus that."""
    curve = Curve(((F(1), F(-4)), (F(10), F(14))))
    plan = Retime(curve=curve, reverse=reverse).plan(1, 11)
    wanted = [min(max(2 * n - 6, 1), 11) for n in range(1, 11)]
    shown = [12 - time for time in wanted] if reverse else wanted
    assert [(f.output, f.left, f.right, f.fraction) for f in plan.frames] == [
        (n, time, time, 0) for n, time in zip(range(1, 11), shown)
    ]
    notes = Retime(curve=curve, reverse=reverse).beyond(1, 11)
    first, last = (11, 1) if reverse else (1, 11)
    assert sorted(notes) == sorted(
        [
            f"The curve leaves the clip: source frame {first} is held for output frame(s) 1-3.",
            f"The curve leaves the clip: source frame {last} is held for output frame(s) 9-10.",
        ]
    )


def test_ends_are_held_inside_the_range_that_is_used():
    curve = Curve(((F(1), F(1003)), (F(5), F(1011))))
    plan = Retime(curve=curve, input_range=(1005, 1008)).plan(1001, 1020)
    assert [f.left for f in plan.frames] == [1005, 1005, 1007, 1008, 1008]
    assert Retime(curve=curve).beyond(1001, 1020) == []


@pytest.mark.parametrize("start", [-5, 0, 1, 1001])
def test_the_output_starts_where_it_is_told_to(start):
    curve = Curve(((F(1), F(1)), (F(5), F(3))))
    for usual in (Retime(speed=F(1, 2)), Retime(fps=(F(24), F(48))), Retime(curve=curve)):
        plain = usual.plan(1, 3).frames
        moved = replace(usual, start=start).plan(1, 3).frames
        assert [f.output for f in moved] == list(range(start, start + 5))
        assert [replace(f, output=0) for f in moved] == [replace(f, output=0) for f in plain]


def test_a_start_survives_json():
    moved = Retime(speed=F(1, 2), start=0)
    assert Retime.from_json(json.loads(json.dumps(moved.to_json()))) == moved


@pytest.mark.parametrize(
    ("frames", "retime", "words"),
    [
        ((1001, 1002, 1003, 990101), Retime(speed=F(1, 2)), "--range 1001-1003"),
        ((1, 1001, 1002, 1003), Retime(speed=F(1, 2000)), "frames 1 and 1001-1003; .*1001-1003"),
        ((1, 2, 990101, 990102), Retime(speed=F(1, 2)), "1-2 and 990101-990102; choose"),
        ((1, 2, 3), Retime(speed=F(1, 10**6)), "Check the speed"),
    ],
)
def test_numbers_far_apart_propose_a_range(frames, retime, words):
    with pytest.raises(InvalidSetting) as caught:
        plan_clip(retime, frames, "hold")
    assert re.search(words, caught.value.hint)


def test_a_frame_astray_is_named_under_every_policy():
    frames = (1001, 1002, 1003, 1104)
    plan, _ = plan_clip(Retime(speed=F(1, 2)), frames, "hold")
    with pytest.raises(MissingFrames) as caught:
        fill_missing(plan, frames, "error")
    assert "1001-1003 and 1104" in caught.value.hint and "--range 1001-1003" in caught.value.hint
    _, notes = fill_missing(plan, frames, "hold")
    assert "--range 1001-1003" in notes[0] and len(notes) == 22 and notes[-1].startswith("80 more")
    for usual in ((1, 3, 5, 7), (1, 2, 4, 5), (1, 2, 3, 5), range(5)):
        assert astray(usual) == ""


def test_settings_that_contradict_each_other():
    with pytest.raises(InvalidSetting, match="none of them"):
        Retime()
    with pytest.raises(InvalidSetting, match="speed and fps"):
        Retime(speed=F(1), fps=(F(1), F(2)))
    with pytest.raises(InvalidSetting, match=r"990-1010 leaves the clip.*1001 to 1050"):
        Retime(speed=F(1), input_range=(990, 1010)).plan(1001, 1050)
    with pytest.raises(InvalidSetting, match="the most is 1,000,000"):
        Retime(speed=F(1, 10**9)).plan(1, 2)
    with pytest.raises(InvalidSetting, match="the most is"):
        Retime(curve=Curve(((F(0), F(0)), (F(10**12), F(1))))).plan(0, 1)


@given(speeds, clips, st.data())
def test_chunks_together_are_the_whole(speed, clip, data):
    plan = Retime(speed=speed).plan(*clip)
    first, last = plan.frames[0].output, plan.frames[-1].output
    cut = data.draw(st.integers(first, last))
    left, right = plan.only(range(first, cut)), plan.only(set(range(cut, last + 1)))
    assert left.frames + right.frames == plan.frames
    assert set(left.source_frames) | set(right.source_frames) == set(plan.source_frames)


def test_a_chunk_outside_the_plan_is_refused():
    plan = Retime(speed=F(1, 2)).plan(1, 3)
    with pytest.raises(InvalidSetting, match="Output frame 6 is not part") as caught:
        plan.only(range(4, 10**12))
    assert "1 to 5" in caught.value.hint


@given(curves(), st.booleans())
def test_json_round_trips(curve, reverse):
    for timing in (
        Retime(curve=curve, reverse=reverse),
        Retime(speed=F(23976, 24001), input_range=(-5, 9)),
        Retime(fps=(F(24000, 1001), F(25))),
    ):
        assert Retime.from_json(json.loads(json.dumps(timing.to_json()))) == timing


@pytest.mark.parametrize("data", [{"fps": 3}, {"speed": 0.25}, {"speed": "1", "input_range": [1]}])
def test_a_malformed_timing_is_refused(data):
    with pytest.raises(InvalidSetting):
        Retime.from_json(data)


@given(st.integers(0, 8), st.integers(0, 256))
def test_halvings_reach_a_fraction_from_what_is_known(levels, k):
    fraction = F(k % (2**levels + 1), 2**levels)
    known = {F(0), F(1)}
    for halving in halvings(fraction):
        assert {halving.left_fraction, halving.right_fraction} <= known
        assert halving.middle * 2 == halving.left_fraction + halving.right_fraction
        known.add(halving.middle)
    assert fraction in known
    assert len(known) - 2 <= levels


def test_a_third_is_not_reached_by_halving():
    with pytest.raises(InvalidSetting, match="1/3"):
        halvings(F(1, 3))


@given(speeds, clips, st.integers(0, 6))
def test_halving_rounds_to_the_nearest_and_reports_it(speed, clip, levels):
    plan = Retime(speed=speed).plan(*clip)
    halved, rounded = plan.halved(levels)
    reported = {entry.output: entry for entry in rounded}
    for before, after in zip(plan.frames, halved.frames):
        moved = source_time(after) - before.left
        assert abs(moved - before.fraction) <= F(1, 2 ** (levels + 1))
        assert (moved * 2**levels).denominator == 1
        assert (after.left == after.right) == (after.fraction == 0)
        if moved == before.fraction:
            assert before.output not in reported
        else:
            assert reported[before.output] == (before.output, before.fraction, moved)


def test_ties_go_to_the_even_fraction_and_the_ends_are_source_frames():
    plan = plan_of((1, 5, 6, F(1, 8)), (2, 5, 6, F(3, 8)), (3, 5, 6, F(15, 16)))
    halved, rounded = plan.halved(2)
    assert halved.frames == plan_of((1, 5, 5, F(0)), (2, 5, 6, F(1, 2)), (3, 6, 6, F(0))).frames
    assert [entry.got for entry in rounded] == [0, F(1, 2), 1]


def test_missing_frames_stop_the_retime():
    plan = Retime(speed=F(1, 2)).plan(1, 5)
    with pytest.raises(MissingFrames, match=r"plate.####.exr has no frame 2 \(2 of 5 missing\)"):
        fill_missing(plan, {1, 3, 5}, "error", "plate.####.exr")
    assert fill_missing(plan, range(1, 6), "error") == (plan, [])


def test_held_frames_come_from_before_and_at_the_start_from_after():
    plan = Retime(speed=F(1, 2)).plan(1, 4)
    held, decisions = fill_missing(plan, {2, 4}, "hold")
    assert [(f.left, f.right, f.fraction) for f in held.frames] == [
        (2, 2, 0),
        (2, 2, 0),
        (2, 2, 0),
        (2, 2, 0),
        (2, 2, 0),
        (2, 4, F(1, 2)),
        (4, 4, 0),
    ]
    assert decisions == [
        "Source frame 1 is missing: frame 2 is held, output frames 1-2 are affected.",
        "Source frame 3 is missing: frame 2 is held, output frames 4-6 are affected.",
    ]


def test_black_stands_for_every_frame_that_needs_a_missing_one():
    plan = Retime(speed=F(1, 2)).plan(1, 3)
    black, decisions = fill_missing(plan, {1, 2}, "black")
    assert [frame.black for frame in black.frames] == [False, False, False, True, True]
    assert black.source_frames == (1, 2)
    assert [frame.output for frame in black.inbetweens] == [2]
    assert decisions == ["Source frame 3 is missing: output frames 4-5 are black."]


def test_a_plate_on_every_second_frame_gets_the_others_interpolated():
    """1001 1003 1005 at speed 1: 1002 and 1004 lie halfway; the ones there are stay themselves."""
    plan = Retime(speed=F(1)).plan(1001, 1005)
    filled, notes = fill_missing(plan, {1001, 1003, 1005}, "interpolate")
    assert [(f.output, f.left, f.right, f.fraction) for f in filled.frames] == [
        (1001, 1001, 1001, 0),
        (1002, 1001, 1003, F(1, 2)),
        (1003, 1003, 1003, 0),
        (1004, 1003, 1005, F(1, 2)),
        (1005, 1005, 1005, 0),
    ]
    assert notes == [
        "Source frames 1002 and 1004 are missing: they are interpolated from the frames around "
        "them, across up to 1 in a row."
    ]


@given(speeds, st.sets(st.integers(1, 40), min_size=1))
def test_interpolated_gaps_keep_every_frame_s_own_time(speed, available):
    """Whatever is missing: the time asked for, between the nearest frames there are; no other."""
    plan = Retime(speed=speed).plan(1, 40)
    filled, _ = fill_missing(plan, available, "interpolate", longest_gap=1000)
    for before, after in zip(plan.frames, filled.frames, strict=True):
        time = before.left + before.fraction
        got = after.left + after.fraction * (after.right - after.left)
        assert got == min(max(time, min(available)), max(available))
        assert {after.left, after.right} <= available and 0 <= after.fraction < 1
        assert not any(after.left < n < after.right for n in available)
        assert (after.left == after.right) == (after.fraction == 0)
        if before.fraction == 0 and before.left in available:
            assert after == before


def test_a_gap_that_is_too_long_is_an_error_that_says_how_long():
    plan = Retime(speed=F(1, 2)).plan(1, 14)
    have = {1, 2, 13, 14}
    assert fill_missing(plan, have, "interpolate", longest_gap=10)[1]
    with pytest.raises(MissingFrames, match=r"plate has no frames 3 to 12, 10 in a row; .* 9 are"):
        fill_missing(plan, have, "interpolate", "plate", longest_gap=9)
    chunk = plan.only((1, 2, 3))
    assert fill_missing(chunk, have, "interpolate", longest_gap=9) == (chunk, [])


def test_missing_ends_are_held_where_gaps_are_interpolated():
    plan = Retime(speed=F(1)).plan(1, 4)
    filled, notes = fill_missing(plan, {2, 3}, "interpolate", empty={1: "0 bytes", 4: "0 bytes"})
    assert [(f.left, f.fraction) for f in filled.frames] == [(2, 0), (2, 0), (3, 0), (3, 0)]
    assert notes == [
        "Missing at the clip's end: 1. Frame 2 is held there.",
        "Missing at the clip's end: 4. Frame 3 is held there.",
    ]


def test_empty_frames_are_called_empty():
    plan = Retime(speed=F(1)).plan(1, 4)
    empty = {3: "0 bytes"}
    with pytest.raises(
        MissingFrames,
        match=r"plate has an empty frame: 3, of 0 bytes \(1 of 4 missing or empty\)\. Render",
    ):
        fill_missing(plan, {1, 2, 4}, "error", "plate", empty=empty)
    held, black, between = (
        fill_missing(plan, {1, 2, 4}, policy, empty=empty)[1][0]
        for policy in ("hold", "black", "interpolate")
    )
    assert held == "Source frame 3 is empty (0 bytes): frame 2 is held, output frame 3 is affected."
    assert black == "Source frame 3 is empty (0 bytes): output frame 3 is black."
    assert "Source frame 3 is empty (0 bytes): it is interpolated" in between
    with pytest.raises(MissingFrames, match="Render the input first"):
        fill_missing(plan, [], "hold", empty=dict.fromkeys(range(1, 5), "0 bytes"))


@given(speeds, clips, st.sets(st.integers(-200, 5012)), st.sampled_from(("hold", "black")))
def test_a_filled_plan_needs_only_what_is_there(speed, clip, available, policy):
    plan = Retime(speed=speed).plan(*clip)
    try:
        filled, _ = fill_missing(plan, available, policy)
    except MissingFrames:
        assert not available
        return
    assert set(filled.source_frames) <= available
    assert [f.output for f in filled.frames] == [f.output for f in plan.frames]
    assert all(
        (f.left == f.right) == (f.fraction == 0) and f.left <= f.right for f in filled.frames
    )


def test_a_clip_without_frames_is_missing_under_every_policy():
    plan = Retime(speed=F(1)).plan(1, 2)
    for policy in ("error", "hold", "black", "interpolate"):
        with pytest.raises(MissingFrames, match="2 of 2 missing"):
            fill_missing(plan, [], policy)
    with pytest.raises(HifiError, match="not a choice"):
        fill_missing(plan, [], "guess")


def test_a_hundred_thousand_frames_are_no_trouble():
    started = time.process_time()
    plan = Retime(speed=F(2, 7)).plan(0, 28_571)
    halved, _ = plan.halved(2)
    fill_missing(plan, range(0, 28_571, 2), "hold")
    assert len(halved.frames) == 99_999
    assert len(plan.only(set(range(0, 99_999, 2))).frames) == 50_000
    assert time.process_time() - started < 60  # quadratic work would take hours


def test_the_module_is_python_3_9():
    ast.parse(Path(retime.__file__).read_text(encoding="utf-8"), feature_version=(3, 9))
