"""A whole retime through the engine process: what is on disk afterwards."""

import json
import os
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.retime.planning import prepare
from engine.retime.target_files import TargetFiles
from hifi_ofx.errors import HifiError, InvalidSetting, MissingFrames, OutputError, WeightsError
from hifi_ofx.quality import Footage, Output
from hifi_ofx.request import Finished, Log, Plan, Progress
from hifi_ofx.retime import Retime
from tests.service.conftest import QUALITY, pixels_of, write_exr


def render(engine, request):
    said = list(engine.render(request))
    assert isinstance(said[-1], Finished)
    return said


def frames_of(request):
    return sorted(path.name for path in Path(request.target).parent.glob("*.exr"))


def logs(said):
    return [line.text for line in said if isinstance(line, Log)]


def test_half_speed_makes_every_second_frame_and_copies_the_rest(engine, request_for, plate):
    request = request_for()
    done = render(engine, request)[-1]
    assert (done.made, done.copied, done.skipped) == (3, 4, 0)
    assert frames_of(request) == [f"slow.{n}.exr" for n in range(1001, 1008)]
    for source, output in zip(range(1001, 1005), range(1001, 1008, 2), strict=True):
        np.testing.assert_array_equal(
            pixels_of(str(plate).replace("####", str(source))),
            pixels_of(request.target.replace("####", str(output))),
        )


def test_in_betweens_are_new_finite_and_keep_highlights(engine, request_for):
    request = request_for()
    render(engine, request)
    left, middle, right = (
        pixels_of(request.target.replace("####", str(n))) for n in (1001, 1002, 1003)
    )
    assert np.isfinite(middle).all()
    assert not np.array_equal(middle, left)
    assert not np.array_equal(middle, right)
    assert middle.max() > 1
    assert middle.min() >= 0


def test_metadata_is_kept_and_the_timecode_runs_on(engine, request_for):
    request = request_for()
    render(engine, request)
    for offset in range(7):
        spec = oiio.ImageBuf(request.target.replace("####", str(1001 + offset))).spec()
        timecode = spec.getattribute("smpte:TimeCode")
        assert timecode[0] == 0x01000000 + offset
        assert spec.getattribute("FramesPerSecond") == (24, 1)
        assert spec.format == "half"
        assert spec.getattribute("compression") == "zip"


def test_the_same_request_gives_the_same_bits_whole_in_chunks_and_again(
    engine, request_for, tmp_path
):
    whole = request_for("whole/slow.####.exr")
    render(engine, whole)
    for chunk in ((1005, 1007), (1001, 1001), (1002, 1004)):
        render(engine, request_for("chunks/slow.####.exr", only=chunk))
    for name in frames_of(whole):
        one, other = (pixels_of(tmp_path / folder / name) for folder in ("whole", "chunks"))
        np.testing.assert_array_equal(one, other)


def test_another_seed_gives_other_frames(engine, request_for, tmp_path):
    for seed in (1, 2):
        quality = replace(QUALITY, seed=seed)
        render(engine, request_for(f"{seed}/slow.####.exr", quality=quality, only=(1002, 1002)))
    assert not np.array_equal(
        pixels_of(tmp_path / "1/slow.1002.exr"), pixels_of(tmp_path / "2/slow.1002.exr")
    )


def test_a_second_run_skips_what_is_done_and_remakes_what_changed(engine, request_for, tmp_path):
    request = request_for()
    render(engine, request)
    assert render(engine, request)[-1].skipped == 7
    Path(request.target.replace("####", "1003")).unlink()
    again = render(engine, request)[-1]
    assert (again.skipped, again.made, again.copied) == (6, 0, 1)
    last = tmp_path / "plate.1004.exr"
    write_exr(last, 0.9 * pixels_of(last))
    changed = render(engine, request)[-1]
    # Two in-betweens: whether 1002 to 1003 is a cut or a fade's end is told by 1004.
    assert (changed.skipped, changed.made, changed.copied) == (4, 2, 1)
    more = render(engine, replace(request, quality=replace(QUALITY, steps=2)))[-1]
    assert more.skipped == 0


def test_versions_side_by_side_have_a_record_each(engine, request_for):
    """`comp.v001` and `comp.v002`, `a.####` and `a_####`: none is taken for another."""
    for target in ("comp.v001.####.exr", "comp.v002.####.exr", "a.####.exr", "a_####.exr"):
        assert render(engine, request_for(target))[-1].skipped == 0
    for target in ("comp.v001.####.exr", "comp.v002.####.exr", "a.####.exr", "a_####.exr"):
        assert render(engine, request_for(target))[-1].skipped == 7
    other = request_for("comp.v002.####.exr", quality=replace(QUALITY, steps=2))
    assert render(engine, other)[-1].skipped == 0
    assert render(engine, request_for("comp.v001.####.exr"))[-1].skipped == 7


def test_a_file_that_was_cut_short_or_replaced_is_made_again(engine, request_for, tmp_path):
    request = request_for()
    render(engine, request)
    folder = Path(request.target).parent
    inbetween, copied = folder / "slow.1002.exr", folder / "slow.1003.exr"
    right = pixels_of(inbetween)
    inbetween.write_bytes(inbetween.read_bytes()[:-100])
    write_exr(copied, pixels_of(tmp_path / "plate.1004.exr")[:8])
    assert render(engine, request)[-1].skipped == 5
    np.testing.assert_array_equal(pixels_of(inbetween), right)
    np.testing.assert_array_equal(pixels_of(copied), pixels_of(tmp_path / "plate.1002.exr"))


def test_another_version_makes_everything_again(request_for, monkeypatch):
    files = TargetFiles(prepare(request_for(), True), "weights")
    keys = {files.key(planned) for planned in files.job.plan.frames}
    monkeypatch.setattr("engine.retime.target_files.__version__", "another")
    assert not keys & {files.key(planned) for planned in files.job.plan.frames}


def test_a_torn_manifest_spoils_nothing(engine, request_for):
    request = request_for()
    render(engine, request)
    manifest = Path(request.target).parent / "slow.hifi.jsonl"
    text = manifest.read_text()
    manifest.write_text("no json\n[1]\n" + text[: text.rindex('"key"')])
    assert render(engine, request)[-1].skipped == 6


def test_cancel_stops_and_keeps_finished_frames(engine, request_for):
    request = request_for(retime=Retime(speed=Fraction(1, 50)))
    answers = engine.render(request)
    for said in answers:
        if isinstance(said, Progress) and said.frames_done >= 3:
            break
    answers.close()
    again = render(engine, replace(request, only=(1001, 1003)))[-1]
    assert again.skipped == 3
    assert len(frames_of(request)) < 151
    assert not list(Path(request.target).parent.glob(".*"))


def test_cancel_from_another_thread_ends_in_cancelled(engine, request_for):
    request = request_for(retime=Retime(speed=Fraction(1, 200)))
    with pytest.raises(HifiError, match="cancelled"):
        for said in engine.render(request):
            if isinstance(said, Progress) and said.calls_done == 1:
                threading.Thread(target=engine.cancel).start()


def test_progress_never_runs_backwards_and_ends_complete(engine, request_for):
    progress = [s for s in render(engine, request_for()) if isinstance(s, Progress)]
    assert [p.frames_done for p in progress] == sorted(p.frames_done for p in progress)
    assert [p.calls_done for p in progress] == sorted(p.calls_done for p in progress)
    last = progress[-1]
    assert (last.frames_done, last.calls_done) == (7, last.calls)
    assert {p.calls for p in progress} == {last.calls}
    assert last.seconds_left == 0


def test_a_plan_says_what_will_be_made_and_what_it_costs(engine, request_for):
    request = request_for()
    plan = list(engine.plan(request))[-1]
    assert isinstance(plan, Plan)
    assert plan.frames[:3] == (
        (1001, 1001, 1001, "0"),
        (1002, 1001, 1002, "1/2"),
        (1003, 1002, 1002, "0"),
    )
    assert not Path(request.target).parent.exists()
    done = render(engine, request)[-1]
    assert done.calls == plan.cost.calls
    assert list(engine.plan(request))[-1].cost.seconds > 0


def test_a_held_frame_is_copied_not_synthesized(engine, request_for, tmp_path):
    still = np.full((50, 70, 3), 0.25, np.float32)
    for frame in (1, 2):
        write_exr(tmp_path / f"still.{frame}.exr", still)
    request = request_for(source=tmp_path / "still.#.exr")
    assert render(engine, request)[-1].calls == 0
    np.testing.assert_array_equal(
        pixels_of(tmp_path / "out/slow.0002.exr"), pixels_of(tmp_path / "still.1.exr")
    )


def test_across_a_cut_the_nearest_frame_is_taken_and_the_log_says_so(engine, request_for, tmp_path):
    noise = np.random.default_rng(0)
    for frame, (low, high) in enumerate([(0.0, 0.2), (0.6, 1.0)], start=1):
        texture = np.kron(noise.uniform(low, high, (5, 7, 3)), np.ones((10, 10, 1)))
        write_exr(tmp_path / f"cut.{frame}.exr", texture.astype(np.float32))
    said = render(
        engine, request_for(source=tmp_path / "cut.#.exr", retime=Retime(speed=Fraction(1, 4)))
    )
    assert said[-1].made == 0
    assert sum("cut" in text for text in logs(said)) == 3
    made = [pixels_of(tmp_path / f"out/slow.{n:04d}.exr") for n in range(1, 6)]
    for frame, nearest in ((1, 0), (2, 4), (3, 4)):
        np.testing.assert_array_equal(made[frame], made[nearest])


def test_uncertainty_is_a_layer_of_every_frame(engine, request_for):
    request = request_for(quality=replace(QUALITY, samples=3), output=Output(uncertainty=True))
    render(engine, request)
    copied, made = (oiio.ImageBuf(request.target.replace("####", str(n))) for n in (1001, 1002))
    assert copied.spec().channelnames == made.spec().channelnames
    names = list(made.spec().channelnames)
    variance = made.get_pixels("float")[..., names.index("hifi.variance.G")]
    assert variance.min() >= 0
    assert variance.max() > 0
    assert copied.get_pixels("float")[..., names.index("hifi.variance.G")].max() == 0


def test_missing_frames_are_an_error_a_hold_or_black(engine, request_for, plate):
    Path(str(plate).replace("####", "1003")).unlink()
    with pytest.raises(MissingFrames, match="no frame 1003"):
        render(engine, request_for())
    held = request_for("held/slow.####.exr", footage=Footage(missing="hold"))
    assert any("1003" in text for text in logs(render(engine, held)))
    np.testing.assert_array_equal(
        pixels_of(held.target.replace("####", "1005")),
        pixels_of(str(plate).replace("####", "1002")),
    )
    dark = request_for("dark/slow.####.exr", footage=Footage(missing="black"))
    render(engine, dark)
    assert pixels_of(dark.target.replace("####", "1005")).max() == 0
    assert pixels_of(dark.target.replace("####", "1001")).max() > 1


def test_nan_and_infinity_do_not_spread(engine, request_for, plate):
    path = str(plate).replace("####", "1001")
    pixels = pixels_of(path)
    pixels[5, 5], pixels[6, 6] = np.nan, np.inf
    write_exr(path, pixels)
    request = request_for(only=(1001, 1002))
    assert any("NaN" in text for text in logs(render(engine, request)))
    assert np.isfinite(pixels_of(request.target.replace("####", "1002"))).all()
    assert np.isnan(pixels_of(request.target.replace("####", "1001"))).any()


BAD = [
    ({"weights": "no-such"}, WeightsError, "no weights 'no-such'"),
    ({"source": "/nowhere/plate.####.exr"}, HifiError, "nowhere"),
    ({"target": "out/slow.####.png"}, InvalidSetting, "clip"),
    ({"target": "out/slow.mov"}, InvalidSetting, "video"),
    ({"target": "plate.####.exr"}, OutputError, "overwrite"),
    ({"only": (1, 2)}, InvalidSetting, "1"),
    ({"output": Output(layers="depth=guess")}, InvalidSetting, "policies"),
    ({"output": Output(layers="nope=blend")}, InvalidSetting, "nope"),
    ({"output": Output(uncertainty=True)}, InvalidSetting, "Samples"),
    ({"retime": Retime(speed=Fraction(1, 2), input_range=(1, 9))}, InvalidSetting, "range"),
]


@pytest.mark.parametrize(("changes", "kind", "words"), BAD)
def test_bad_input_gets_a_sentence_and_writes_nothing(engine, request_for, changes, kind, words):
    request = request_for(**changes)
    with pytest.raises(kind, match=words) as caught:
        render(engine, request)
    assert caught.value.hint
    assert not frames_of(request) or "plate" in request.target


def test_a_read_only_folder_is_an_output_error_and_the_engine_goes_on(
    engine, request_for, tmp_path
):
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="out"):
        render(engine, request_for())
    assert render(engine, request_for("other/slow.####.exr"))[-1].made == 3


@pytest.mark.parametrize("policy", ["never", "own", "all"])
def test_files_of_others_are_overwritten_when_that_is_asked_for(
    engine, request_for, tmp_path, policy
):
    request = replace(request_for("comp/beauty.####.exr"), overwrite=policy)
    (tmp_path / "comp").mkdir()
    foreign = tmp_path / "comp" / "beauty.1002.exr"
    foreign.write_bytes(b"somebody's night of work")
    if policy == "all":
        assert render(engine, request)[-1].skipped == 0
        return
    with pytest.raises(OutputError, match=r"has 1 of these frames already.*: 1002\."):
        render(engine, request)
    assert foreign.read_bytes() == b"somebody's night of work"
    assert frames_of(request) == ["beauty.1002.exr"]


def test_frames_of_ours_are_overwritten_unless_never(engine, request_for):
    request = request_for()
    render(engine, request)
    other = replace(request, quality=replace(QUALITY, steps=2))
    with pytest.raises(OutputError, match="has 7 of these frames"):
        render(engine, replace(other, overwrite="never"))
    assert render(engine, replace(request, overwrite="never"))[-1].skipped == 7
    assert render(engine, other)[-1].skipped == 0


def test_what_an_older_longer_retime_left_is_named_and_removed_when_asked(engine, request_for):
    slower = request_for(retime=Retime(speed=Fraction(1, 4)))
    render(engine, slower)
    foreign = Path(slower.target.replace("####", "1020"))
    foreign.write_bytes(b"somebody's")
    request = request_for()
    warned = [text for text in logs(render(engine, request)) if "--clean" in text]
    assert warned == [
        "6 frames of an older retime are there still, slow.1008.exr to slow.1013.exr: "
        "--clean removes them"
    ]
    assert not any(
        "--clean" in t for t in logs(render(engine, replace(request, only=(1001, 1004))))
    )
    assert len(frames_of(request)) == 14
    render(engine, replace(request, clean=True))
    assert frames_of(request) == [f"slow.{n}.exr" for n in (*range(1001, 1008), 1020)]


def test_a_run_that_was_killed_between_a_frame_and_its_line_goes_on(engine, request_for):
    request = request_for()
    render(engine, request)
    manifest = Path(request.target).parent / "slow.hifi.jsonl"
    lines = manifest.read_text().splitlines(keepends=True)
    manifest.write_text("".join(lines[:10]))
    assert render(engine, request)[-1].skipped == 3


def test_a_damaged_frame_stops_the_render_and_keeps_what_is_done(engine, request_for, plate):
    path = Path(str(plate).replace("####", "1004"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-30] + b"\xff" * 30)
    request = request_for()
    with pytest.raises(HifiError, match=r"1004"):
        render(engine, request)
    assert frames_of(request)[:4] == [f"slow.{n}.exr" for n in range(1001, 1005)]


def test_a_frame_that_was_not_written_to_its_end_is_missing(engine, request_for, plate):
    path = Path(str(plate).replace("####", "1003"))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(MissingFrames, match=r"1003, of \d+ bytes, without 1 of \d+ chunks"):
        render(engine, request_for())
    footage = Footage(missing="interpolate")
    assert render(engine, request_for(footage=footage))[-1].made == 4


@pytest.mark.parametrize("keeps_its_time", [True, False])
def test_a_frame_is_told_by_what_is_in_it(engine, request_for, keeps_its_time):
    """Another file of the same size is made again; one that was copied to and fro is not."""
    request = request_for()
    render(engine, request)
    file = Path(request.target.replace("####", "1004"))
    times = file.stat().st_atime_ns, file.stat().st_mtime_ns
    whole = file.read_bytes()
    file.write_bytes(whole)
    os.utime(file, ns=times if keeps_its_time else (times[0], times[1] + 10**9))
    assert render(engine, request)[-1].skipped == 7
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    os.utime(file, ns=(times[0], times[1] + 10**9))
    assert render(engine, request)[-1].made == 1
    assert file.read_bytes() == whole


def test_json_lines_in_the_manifest_name_every_frame(engine, request_for):
    request = request_for()
    render(engine, request)
    lines = (Path(request.target).parent / "slow.hifi.jsonl").read_text().splitlines()
    for half in (lines[:7], lines[7:]):  # that they will be ours, and that they are finished
        assert [json.loads(line)["frame"] for line in half] == list(range(1001, 1008))


@pytest.mark.parametrize(("name", "warned"), [("aligned", 1), (None, 0)])
def test_weights_that_say_the_same_at_every_step_warn_of_waste(
    engine, request_for, weights, name, warned
):
    """Steps cost for nothing; samples do not, they differ by the motion they go by."""
    request = request_for(
        quality=replace(QUALITY, steps=2, samples=2),
        output=Output(uncertainty=True),
        weights=name or weights,
    )
    said = logs(render(engine, request))
    assert sum("these settings change nothing: Steps" in text for text in said) == warned


@pytest.mark.parametrize(("policy", "made"), [("", 0), ("depth=blend", 3), ("depth=synthesize", 3)])
def test_frames_that_only_repeat_are_not_counted_as_made(
    engine, request_for, plate, policy, made, tmp_path
):
    """A depth by itself is the nearer frame's: nothing is made, in the plan and in the render."""
    for number in range(1001, 1005):
        spec = oiio.ImageSpec(40, 30, 1, "float")
        spec.channelnames = ("Z",)
        output = oiio.ImageOutput.create("x.exr")
        assert output.open(str(tmp_path / f"depth.{number}.exr"), spec)
        depth = np.linspace(1, 9, 1200, dtype=np.float32).reshape(30, 40, 1)
        assert output.write_image(np.roll(depth, number % 4, axis=1).copy())
        output.close()
    request = request_for(source=tmp_path / "depth.####.exr", output=Output(layers=policy))
    (plan,) = (line for line in engine.plan(request) if isinstance(line, Plan))
    done = render(engine, request)[-1]
    assert (plan.cost.inbetweens, done.made, done.copied) == (made, made, 7 - made)
    assert bool(done.calls) == bool(plan.cost.calls) == (policy == "depth=synthesize")


def test_broken_values_are_told_once_a_layer(engine, request_for, plate):
    """All three channels of all four frames have them, and six in-betweens are made of those."""
    for number in range(1001, 1005):
        path = str(plate).replace("####", str(number))
        pixels = pixels_of(path)
        pixels[5, 5:9] = np.nan
        write_exr(path, pixels)
    said = logs(render(engine, request_for(retime=Retime(speed=Fraction(1, 3)))))
    told = [text for text in said if "NaN" in text]
    assert told == [
        "Output frame 1002: layer rgb has 24 values that are NaN or infinite: NaN counts as 0, "
        "infinity as 65504. More frames may; this is said once."
    ]


def test_values_that_are_cut_are_told_once_a_layer(engine, request_for, plate):
    """A sun of 3e9 on two pixels of three channels of both frames, beyond what half-float holds."""
    for number in range(1001, 1005):
        path = str(plate).replace("####", str(number))
        pixels = pixels_of(path).astype(np.float32)
        pixels[5, 5:7] = 3e9
        write_exr(path, pixels, kind="float")
    request = request_for(retime=Retime(speed=Fraction(1, 3)))
    (told,) = [text for text in logs(render(engine, request)) if "cut them" in text]
    start = "Output frame 1002: layer rgb has 12 values beyond "
    assert told.startswith(start)
    largest = float(told.removeprefix(start).split(",")[0])
    made = pixels_of(request.target.replace("####", "1002"))
    assert 65504 <= made.max() == pytest.approx(largest, rel=1e-3)


@pytest.mark.parametrize("name", ["p" * 246, "ä" * 123])
def test_the_longest_names_there_are_have_a_record_too(engine, request_for, name):
    """255 bytes, the most that a file system takes; two that differ in their end differ in it."""
    request = request_for(f"{name}.####.exr")
    assert render(engine, request)[-1].skipped == 0
    assert render(engine, request)[-1].skipped == 7
    other = request_for(f"{name[:-1]}q.####.exr")
    assert render(engine, other)[-1].skipped == 0
    assert len(list(Path(request.target).parent.glob("*.hifi.jsonl"))) == 2
