"""The first sign of life: what is answered without torch, and what is said while it loads."""

import subprocess
import sys

import pytest

from engine.__main__ import COMMANDS, parser_of
from engine.evaluation import benchmarks, figures, methods, names
from engine.evaluation.progress import Told
from engine.inference.networks import acts, config_from_json
from engine.inference.weights_file import read_header, shipped_weights, weights_path
from engine.inference.zoo import load
from hifi_ofx import terminal
from hifi_ofx.errors import WeightsError

HEAVY = {"torch", "numpy", "cv2", "OpenImageIO", "av", "onnxruntime"}


def imported(*words):
    """The packages that a command imports, and its exit code."""
    command = [sys.executable, "-X", "importtime", "-m", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().split(".")[0] for line in lines}, done


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["retime", "--help"]], ids=" ".join)
def test_the_front_end_answers_alone(words):
    packages, done = imported("hifi_ofx", *words)
    assert done.returncode == 0 and done.stdout
    assert not packages & {*HEAVY, "engine"}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_the_engine_s_commands_comes_without_what_they_need(name):
    packages, done = imported("engine", name, "--help")
    assert done.returncode == 0 and f"usage: hifi-ofx {name}" in done.stdout
    assert not packages & HEAVY


@pytest.mark.parametrize(
    "words", [[], ["--weights", "motion"], ["--weights", "aligned", "--json"]], ids=" ".join
)
def test_info_needs_no_torch(words):
    packages, done = imported("engine", "info", *words)
    assert done.returncode == 0 and len(done.stdout) > 50
    assert not packages & HEAVY


def test_what_runs_on_is_told_where_it_is_asked_for():
    packages, done = imported("engine", "info", "--devices")
    assert "torch" in packages and "device_name: " in done.stdout


@pytest.mark.parametrize("name", shipped_weights())
def test_a_header_says_what_loading_says(name):
    header, loaded = read_header(weights_path(name)), load(weights_path(name))
    assert header.parameters == sum(tensor.numel() for tensor in loaded.tensors.values())
    if name != "motion":
        assert acts(config_from_json(loaded.shape)) == loaded.acts


@pytest.mark.parametrize("kept", [0, 5, 100, 5_000_000])
def test_a_file_cut_short_is_told_by_its_header(kept, tmp_path):
    file = tmp_path / "cut.safetensors"
    file.write_bytes(weights_path("aligned").read_bytes()[:kept])
    with pytest.raises(WeightsError, match=f"{kept} bytes.* is truncated"):
        read_header(file)


def test_names_that_are_shown_are_those_there_are():
    assert tuple(benchmarks.BENCHMARKS) == names.BENCHMARKS
    assert (methods.OURS, *methods.BASELINES) == names.METHODS
    assert tuple(figures.BACKBONES) == names.LPIPS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_flags_and_a_description(name):
    assert parser_of(name).description


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("nothing.####.exr", "No frames match"),
        ("no_such_folder/a.####.exr", "cannot be listed"),
        ("nothing.mov", "nothing.mov does not exist"),
    ],
)
def test_a_plate_that_is_missing_is_told_before_the_engine_is_started(source, sentence, tmp_path):
    words = ["retime", tmp_path / source, tmp_path / "out.####.exr", "--speed", "1/2"]
    _, done = imported("hifi_ofx", *words)
    assert sentence in done.stderr and done.returncode == 3
    assert "Starting the engine" not in done.stderr


def test_a_measurement_tells_off_a_terminal_how_far_it_is(capsys):
    with Told(3, "frame") as told:
        for name in ("a", "b", "c"):
            told.one(name)
    assert capsys.readouterr().err.splitlines() == ["1 of 3 frames: a", "3 of 3 frames: c"]


def test_what_is_being_done_is_told_on_every_display(capsys):
    for display in (terminal.Lines(), terminal.Json(), terminal.OpenJobDescription()):
        display.doing("Starting the engine")
        shown = capsys.readouterr()
        assert "Starting the engine …" in (shown.out + shown.err).replace("\\u2026", "…")


def test_the_engine_starts_without_what_a_render_may_never_need():
    command = [sys.executable, "-X", "importtime", "-c", "import engine.commands.serve"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    names = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert {"torch", "OpenImageIO"} <= names
    assert not names & {
        "cv2",
        "av",
        "onnxruntime",
        "onnx",
        "skimage",
        "lpips",
        "tensorboard",
        "PIL",
    }


def test_the_engine_collects_garbage_once_it_has_started():
    program = """
import gc, sys, types
import engine.__main__ as entrance
told = types.ModuleType("engine.commands.serve")
seen = []
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "engine.commands.serve":
            seen.append(gc.isenabled())
sys.meta_path.insert(0, Finder())
import engine.commands
def leave(code):
    print(seen, gc.isenabled(), gc.get_freeze_count() > 50_000)
    sys.stdout.flush()
    raise SystemExit(0)
entrance.os._exit = leave
entrance._serve()
"""
    hello = '{"type": "shutdown", "id": "", "data": {}}\n'
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, input=hello, capture_output=True, text=True, check=False)
    assert "[False] True True" in done.stdout + done.stderr
