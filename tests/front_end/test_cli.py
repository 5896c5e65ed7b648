"""The command line: what it understands, what it refuses, and what it prints."""

import json
import subprocess
import sys
from fractions import Fraction

import pytest

from hifi_ofx import cli, terminal
from hifi_ofx.errors import Cancelled, HifiError, InvalidSetting, MissingFrames, SequenceError
from hifi_ofx.parameters import declarations
from hifi_ofx.quality import Footage, Machine, Output, Quality, preset
from hifi_ofx.request import Cost, Finished, Log, Plan, Progress
from hifi_ofx.retime import Retime


def request_for(*words):
    parser = cli.argument_parser()
    return cli.request_from(parser.parse_args(["retime", "a.####.exr", "b.####.exr", *words]))


def test_speed_is_exact():
    for text in ("1/4", "0.25", "25%"):
        assert request_for("--speed", text).retime == Retime(speed=Fraction(1, 4))


def test_rates_ranges_and_direction():
    request = request_for("--fps", "24000/1001:25", "--range", "1001-1050", "--reverse")
    assert request.retime.fps == (Fraction(24000, 1001), Fraction(25))
    assert request.retime.input_range == (1001, 1050)
    assert request.retime.reverse
    assert request_for("--speed", "1/2", "--frames", "3-9").only == (3, 9)


@pytest.mark.parametrize(
    "words",
    [
        ["--range", "-2-0", "--frames", "-2--1", "--start", "-5"],
        ["--range=-2-0", "--frames=-2--1", "--start=-5"],
        ["--frames", "-2,-1", "--start", "-5", "--range", "−2–0"],
    ],
)
def test_values_that_begin_with_a_minus_are_values(words):
    request = request_for(*cli.with_signs([*words, "--speed", "1/2"]))
    assert request.retime.input_range == (-2, 0) and request.retime.start == -5
    assert request.only == (-2, -1)


def test_a_range_with_a_minus_reaches_the_render(tmp_path, capsys):
    """Through `main`: the plate is not there, and the range is no trouble before that."""
    target = str(tmp_path / "b.####.exr")
    words = ["submit", f"{tmp_path}/a.####.exr", target, "--speed", "1/2", "--bundle", "x"]
    assert cli.main([*words, "--range", "-2-0"]) == SequenceError.exit_code
    assert "No frames match" in capsys.readouterr().err


def test_flags_and_other_words_stay_as_they_are():
    words = ["retime", "a", "-b", "--reverse", "-2", "--range", "--frames", "1-2", "--", "-3"]
    assert cli.with_signs(words) == words


def test_a_start_and_steps():
    request = request_for("--speed", "1/2", "--start", "1001", "--frames", "1001-1005x2")
    assert request.retime.start == 1001
    assert request.only == (1001, 1001, 1003, 1003, 1005, 1005)


def test_a_curve_comes_from_its_file(tmp_path):
    curve = tmp_path / "ramp.csv"
    curve.write_text("output,source\n1,1\n9,3\n")
    request = request_for("--curve", str(curve), "--interpolation", "cubic")
    assert request.retime.curve.interpolation == "cubic"


def test_flags_change_the_preset_they_stand_on():
    request = request_for("--speed", "1/2", "--preset", "paper", "--steps", "2", "--device", "cpu")
    assert request.quality.steps == 2
    assert request.quality.samples == preset("paper").samples
    assert request.machine.device == "cpu"


def test_every_setting_is_a_flag_with_its_hint(capsys):
    with pytest.raises(SystemExit):
        cli.main(["retime", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for kind in (Quality, Output, Footage, Machine):
        for declared in declarations(kind):
            assert declared.flag in text
            assert " ".join(declared.hint.split()[:5]) in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--speed", "0"], "0"),
        (["--speed", "-1"], "reverse"),
        (["--speed", "fast"], "fast"),
        (["--fps", "24"], "24"),
        (["--speed", "1/2", "--preset", "finest"], "preset"),
        (["--speed", "1/2", "--interpolation", "cubic"], "curves"),
        (["--speed", "1/2", "--steps", "0"], "Steps is 0"),
        (["--curve", "/no/such.csv"], "such.csv"),
        (["--speed", "-50%"], "--reverse"),
        (["--speed", "1/2", "--start", "1001.5"], "not a frame number"),
        (["--speed", "1/2", "--frames", "1001-1009y2"], "1001-1009x2"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence_and_exit_code_2(words, sentence, capsys):
    assert cli.main(["retime", "a.####.exr", "b.####.exr", *words]) == InvalidSetting.exit_code
    assert sentence in capsys.readouterr().err


def test_two_timings_at_once_are_refused():
    with pytest.raises(SystemExit) as caught:
        cli.main(["retime", "a.#.exr", "b.#.exr", "--speed", "1/2", "--fps", "24:25"])
    assert caught.value.code == 2


def test_a_flag_that_is_not_written_out_is_none(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["retime", "a.#.exr", "b.#.exr", "--speed", "1/2", "--step", "3"])
    assert caught.value.code == 2 and "--step" in capsys.readouterr().err


def test_exit_codes_are_distinct_and_documented():
    kinds = [HifiError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    for kind in kinds:
        assert f"  {kind.exit_code}  " in cli._EXIT_CODES


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (185, "3:05"), (7650, "2:07:30")]
)
def test_durations_read_as_people_say_them(seconds, text):
    assert terminal.duration(seconds) == text


def test_progress_shows_a_bar_frames_and_what_is_left():
    text = terminal.progress_text(Progress(3, 4, 8, 50, 100, 10.0, 185.0))
    assert " 50%" in text
    assert "4/8 frames" in text
    assert "3:05 left" in text
    assert text.count("█") == text.count("·")


@pytest.mark.parametrize(
    "said",
    [
        Progress(1, 1, 2, 3, 4, 5.0, None),
        Log("info", "a cut"),
        Plan(((1, 1, 1, "0"),), Cost(1, 0, 0, 1, ("x",), "cpu", 1, 2, None)),
        Finished(1, 1, 0, 2.0, 1.0, 3),
    ],
)
def test_json_lines_are_one_object_each(said, capsys):
    terminal.Json().show(said)
    line = json.loads(capsys.readouterr().out)
    assert line["type"] == type(said).__name__.lower()


def test_lines_put_frames_on_stdout_and_the_log_on_stderr(capsys):
    lines = terminal.Lines()
    lines.show(Progress(0, 0, 2, 1, 4, 1.0, 3.0))
    lines.show(Log("warning", "frame 3 is held"))
    lines.show(Progress(1001, 1, 2, 2, 4, 2.0, 2.0))
    lines.show(Finished(1, 1, 0, 2.0, 1.0, 3))
    lines.close()
    shown = capsys.readouterr()
    assert shown.out.splitlines()[0].startswith("frame 1001")
    assert "1 in-betweens made" in shown.out
    assert "frame 3 is held" in shown.err


def test_a_plan_names_every_frame_and_its_cost(capsys):
    cost = Cost(2, 1, 90, 4, ("90x160: 1 patch",), "cpu", 50_000_000, 70_000_000, 75.0)
    terminal.Lines().show(Plan(((1, 1, 1, "0"), (2, 1, 2, "1/4")), cost))
    out = capsys.readouterr().out
    assert "1 + 1/4 to 2" in out
    assert "90 network calls" in out
    assert "1:15" in out


def test_failures_show_sentence_and_hint(capsys):
    error = MissingFrames("plate has no frame 3.", "Render it.")
    terminal.failed(error, as_json=False)
    terminal.failed(error, as_json=True)
    shown = capsys.readouterr()
    assert "plate has no frame 3. Render it." in shown.err
    assert json.loads(shown.out)["error"]["kind"] == "MissingFrames"


def test_the_paper_s_size_is_a_command_away():
    command = [sys.executable, "-m", "hifi_ofx.cli", "info", "--config", "paper", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["parameters"] == pytest.approx(647e6, rel=0.01)


def test_an_unknown_config_names_the_known_ones():
    command = [sys.executable, "-m", "engine", "info", "--config", "huge"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == InvalidSetting.exit_code
    assert "paper or aligned" in done.stderr


class InterruptedOnce:
    """Stands for the engine's process while the user presses Ctrl-C once."""

    def __init__(self, command, env):
        self.waits = iter([KeyboardInterrupt(), 0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def wait(self):
        said = next(self.waits)
        if isinstance(said, KeyboardInterrupt):
            raise said
        return said


def test_ctrl_c_leaves_an_engine_command_the_time_to_end(monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", InterruptedOnce)
    assert cli.main(["evaluate", "triplets", "somewhere"]) == Cancelled.exit_code
