"""A retime as an Open Job Description bundle: valid, complete, exact, and the same pixels."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openjd.model import (
    IntRangeExpr,
    StepParameterSpaceIterator,
    SymbolTable,
    create_job,
    decode_job_template,
    preprocess_job_parameters,
)

from hifi_ofx import cli, farm, terminal
from hifi_ofx.curve import Curve
from hifi_ofx.errors import HifiError, InvalidSetting, MissingFrames, OutputError, SequenceError
from hifi_ofx.frame_list import chosen
from hifi_ofx.job_template import Job
from hifi_ofx.parameters import declarations
from hifi_ofx.quality import Footage, Machine, Output, Quality
from hifi_ofx.request import Cost, Plan, RenderRequest
from hifi_ofx.retime import Retime, parse_frames

ROOT = Path(__file__).parents[2]
SLOW = Retime(speed=Fraction(1, 4))


@pytest.fixture
def plate(tmp_path):
    """Names of five frames; what is in them does not matter for submitting."""
    folder = tmp_path / "a plate's folder"
    folder.mkdir()
    for frame in range(1001, 1006):
        (folder / f"plate.{frame}.exr").write_bytes(b"frame")
    return folder / "plate.####.exr"


@pytest.fixture
def request_for(plate, tmp_path):
    def make(retime=SLOW, target="out/slow.####.exr", **changes):
        return RenderRequest(str(plate), str(tmp_path / target), retime, **changes)

    return make


def job_in(folder):
    """The job that an implementation of Open Job Description makes of a bundle."""
    template = decode_job_template(template=json.loads((folder / "template.json").read_text()))
    listed = json.loads((folder / "parameter_values.json").read_text())["parameterValues"]
    values = {entry["name"]: str(entry["value"]) for entry in listed}
    assert values == {
        name: str(value)
        for name, value in json.loads((folder / "job_parameters.json").read_text()).items()
    }
    checked = preprocess_job_parameters(
        job_template=template,
        job_parameter_values=values,
        job_template_dir=folder,
        current_working_dir=folder,
    )
    return create_job(job_template=template, job_parameter_values=checked), checked


def commands_in(folder):
    """The command line of every task, resolved as a farm's worker does."""
    job, values = job_in(folder)
    [step] = job.steps
    action = step.script.actions.onRun
    symbols = SymbolTable()
    for name, value in values.items():
        symbols[f"Param.{name}"] = value.value
    for task in StepParameterSpaceIterator(space=step.parameterSpace):
        for name, value in task.items():
            symbols[f"Task.Param.{name}"] = value.value
        yield [word.resolve(symtab=symbols) for word in (action.command, *action.args)]


def requests_in(folder):
    """The request that every task of a bundle renders."""
    for _, *words in commands_in(folder):
        yield cli.request_from(cli.argument_parser().parse_args(words))


EVERYTHING = {
    "quality": Quality(
        steps=3,
        base_steps=5,
        samples=2,
        early_stop=0.125,
        patch=(128, 192),
        overlap=0.3,
        cascade_depth=4,
        motion="both",
        motion_path="curved",
        seed=7,
        merge="stage",
        edges="uniform",
        average="end",
    ),
    "output": Output(
        layers="depth=blend, diffuse*={{Param.Steps}}",
        uncertainty=True,
        vectors=True,
        grain="match",
        shutter=172.8,
        shutter_samples=5,
    ),
    "footage": Footage(
        missing="hold",
        ends="error",
        deinterlace="fields",
        transfer="keep",
        alpha="premultiplied",
        cuts="ignore",
        cut_threshold=0.1,
        structure_threshold=1e-05,
        cut_marks="1005, !1010",
        hold_marks="!1007, 1012",
        holds="interpolate",
        hold_threshold=0.007,
        hold_length=12,
        longest_gap=3,
        matte="roto {{Param.Steps}}",
    ),
    "machine": Machine(device="cuda:1", precision="bfloat16", batch=3, backend="onnx"),
}


def test_every_setting_arrives(request_for, tmp_path):
    for kind, settings in EVERYTHING.items():
        for declared in declarations(settings):
            value = getattr(settings, declared.name)
            assert value != declared.default, f"{kind}.{declared.name} would not be noticed"
    request = request_for(weights="other", **EVERYTHING)
    [made] = requests_in(farm.bundle(request, tmp_path / "job", chunk=100))
    assert made == replace(request, only=(1001, 1017))


@pytest.mark.parametrize(
    "retime",
    [
        SLOW,
        Retime(speed=Fraction(1001, 4000), reverse=True),
        Retime(fps=(Fraction(24000, 1001), Fraction(60))),
        Retime(speed=Fraction(1, 2), input_range=(1002, 1004)),
        Retime(
            curve=Curve(
                (
                    (Fraction(-10), Fraction(1001)),
                    (Fraction(-3), Fraction(3007, 3)),
                    (Fraction(4), Fraction(1005)),
                ),
                "cubic",
            )
        ),
    ],
    ids=["speed", "reverse", "fps", "range", "curve"],
)
@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_the_tasks_make_each_frame_once_and_exactly(retime, chunk, request_for, tmp_path):
    request = request_for(retime)
    made = list(requests_in(farm.bundle(request, tmp_path / "job", chunk=chunk)))
    wanted = [frame.output for frame in retime.plan(1001, 1005).frames]
    frames = [frame for task in made for frame in range(task.only[0], task.only[1] + 1)]
    assert frames == wanted
    assert all(task.only[1] - task.only[0] < chunk for task in made)
    for task in made:
        assert task.retime == retime
        assert (task.source, task.target) == (request.source, request.target)


@given(
    first=st.integers(-2000, 2000),
    count=st.integers(1, 300),
    chunk=st.integers(1, 320),
)
def test_chunks_tile_the_frames(first, count, chunk):
    frames = range(first, first + count)
    job = Job(RenderRequest("a.#.exr", "b.#.exr", SLOW), "n", frames, chunk, "hifi-ofx")
    starts, ends = (list(IntRangeExpr.from_str(text)) for text in job._chunks())
    assert len(starts) == len(ends) == job.tasks
    parts = [range(start, end + 1) for start, end in zip(starts, ends)]
    assert [frame for part in parts for frame in part] == list(frames)
    assert {len(part) for part in parts[:-1]} <= {chunk}


def test_a_million_frames_are_a_short_template(tmp_path):
    frames = range(1, 1_000_001)
    job = Job(RenderRequest("a.#.exr", "b.#.exr", SLOW), "n", frames, 3, "hifi-ofx")
    folder = farm.write(job, tmp_path / "job")
    assert (folder / "template.json").stat().st_size < 20_000
    made, _ = job_in(folder)
    space = StepParameterSpaceIterator(space=made.steps[0].parameterSpace)
    assert len(space) == 333_334
    last = {name: int(value.value) for name, value in space[333_333].items()}
    assert last == {"First": 1_000_000, "Last": 1_000_000}


def test_settings_are_shown_with_their_ranges_where_a_farm_asks_for_them(request_for, tmp_path):
    request = request_for(footage=Footage(structure_threshold=1e-05))
    folder = farm.bundle(request, tmp_path / "job")
    template = json.loads((folder / "template.json").read_text())
    shown = {entry["name"]: entry for entry in template["parameterDefinitions"]}
    assert (shown["Steps"]["minValue"], shown["Steps"]["maxValue"]) == (1, 64)
    assert shown["Merge"]["allowedValues"] == ["step", "stage"]
    assert shown["HoldLength"]["userInterface"]["label"] == "Longest hold"
    assert shown["StructureThreshold"]["userInterface"]["decimals"] == 5  # none is rounded away
    assert shown["TargetFolder"]["dataFlow"] == "OUT"
    assert len(shown) <= 50  # what revision 2023-09 allows


def test_a_worker_gets_time_to_stop(request_for, tmp_path):
    job, _ = job_in(farm.bundle(request_for(), tmp_path / "job"))
    cancel = job.steps[0].script.actions.onRun.cancelation
    assert cancel.mode.value == "NOTIFY_THEN_TERMINATE"
    assert int(cancel.notifyPeriodInSeconds) >= 30


def test_a_job_for_a_gpu_asks_for_one(request_for, tmp_path):
    job, _ = job_in(farm.bundle(request_for(machine=Machine(device="cuda")), tmp_path / "gpu"))
    assert job.steps[0].hostRequirements.amounts[0].name == "amount.worker.gpu"
    job, _ = job_in(farm.bundle(request_for(), tmp_path / "auto"))
    assert job.steps[0].hostRequirements.amounts[0].min == 1
    job, _ = job_in(farm.bundle(request_for(machine=Machine(device="cpu")), tmp_path / "any"))
    assert job.steps[0].hostRequirements is None


def test_weights_of_one_s_own_travel_as_a_file(request_for, tmp_path):
    own = tmp_path / "own.safetensors"
    own.touch()
    folder = farm.bundle(request_for(weights=str(own)), tmp_path / "job")
    _, values = job_in(folder)
    assert values["Weights"].type.value == "PATH"
    assert values["Weights"].value == str(own)
    _, values = job_in(farm.bundle(request_for(weights="other"), tmp_path / "job"))
    assert values["Weights"].type.value == "STRING"


def test_a_matte_s_files_are_paths_and_come_along(request_for, plate, tmp_path):
    """A farm maps paths and no other text; and it takes only the files that are named to it."""
    frames = range(1001, 1006)
    for frame in frames:
        (tmp_path / f"roto.{frame}.exr").write_bytes(b"matte")
    footage = Footage(matte=str(tmp_path / "roto.####.exr"))
    folder = farm.bundle(request_for(footage=footage), tmp_path / "job", chunk=100)
    _, values = job_in(folder)
    assert values["MatteFolder"].type.value == "PATH"
    assert (values["MatteFolder"].value, values["MatteName"].value) == (
        str(tmp_path), "roto.####.exr",
    )  # fmt: skip
    assert [request.footage for request in requests_in(folder)] == [footage]
    inputs = json.loads((folder / "asset_references.json").read_text())["assetReferences"]["inputs"]
    mattes = [Path(name).name for name in inputs["filenames"] if "roto" in name]
    assert mattes == [f"roto.{frame}.exr" for frame in frames]
    (tmp_path / "roto.1002.exr").unlink()
    with pytest.raises(MissingFrames, match=r"The matte .* has no frame 1002"):
        farm.bundle(request_for(footage=footage), tmp_path / "job")


def test_paths_are_whole_wherever_they_were_said(plate, tmp_path, monkeypatch):
    monkeypatch.chdir(plate.parent)
    folder = farm.bundle(RenderRequest("plate.1001.exr", "../x/slow.%04d.exr", SLOW), "job")
    assert folder == plate.parent / "job"
    _, values = job_in(folder)
    assert values["SourceFolder"].value == str(plate.parent)
    assert values["TargetFolder"].value == str(tmp_path / "x")
    assert values["SourceName"].value == "plate.1001.exr"
    assert values["TargetName"].value == "slow.%04d.exr"


def test_a_chunk_of_a_chunk(request_for, tmp_path):
    made = requests_in(farm.bundle(request_for(only=(1003, 1009)), tmp_path / "job", chunk=5))
    assert [task.only for task in made] == [(1003, 1007), (1008, 1009)]


@pytest.mark.parametrize("chunk", [1, 2, 100])
@pytest.mark.parametrize("step", [2, 3, 16])
def test_a_chunk_of_every_so_many_frames(step, chunk, request_for, tmp_path):
    wanted = list(range(1001, 1018, step))
    request = request_for(only=parse_frames(f"1001-1017x{step}"))
    made = list(requests_in(farm.bundle(request, tmp_path / "job", chunk=chunk)))
    assert [frame for task in made for frame in sorted(chosen(task.only))] == wanted
    assert all(len(chosen(task.only)) <= chunk for task in made)


def test_frames_that_are_not_evenly_spaced_are_refused(request_for, tmp_path):
    with pytest.raises(InvalidSetting, match=r"1001, 1003 and 1007 are not evenly"):
        farm.bundle(request_for(only=parse_frames("1001,1003,1007")), tmp_path / "job")


def test_a_start_and_held_ends_travel(request_for, tmp_path):
    curve = Curve(((Fraction(1), Fraction(990)), (Fraction(9), Fraction(1010))))
    request = request_for(Retime(curve=curve, start=-3), footage=Footage(ends="hold"))
    made = list(requests_in(farm.bundle(request, tmp_path / "job", chunk=4)))
    assert [task.only for task in made] == [(-3, 0), (1, 4), (5, 5)]
    assert {task.retime for task in made} == {request.retime}
    assert {task.footage for task in made} == {request.footage}


@pytest.mark.parametrize(
    "stem", ["{{a}}", "{{{a}}}", "a}}", "{{Param.Steps}}", "{ {a} }", "{x}", "100%"]
)
def test_braces_in_names_are_only_braces(stem, plate, tmp_path):
    """An implementation of Open Job Description takes the job, and its names are the files'."""
    source = plate.with_name(f"{stem}.####.exr")
    for frame in range(1001, 1006):
        source.with_name(f"{stem}.{frame}.exr").write_bytes(b"frame")
    request = RenderRequest(str(source), str(tmp_path / f"out {stem}" / f"{stem}.####.exr"), SLOW)
    (made,) = requests_in(farm.bundle(request, tmp_path / "job"))
    assert (made.source, made.target) == (request.source, request.target)


@pytest.mark.parametrize(
    "name", ["two\nlines", "{{Param.Steps}}", "a}}", "{{", " ", "x" * 129, "\x07"]
)
def test_names_that_no_farm_takes(name, request_for, tmp_path):
    with pytest.raises(InvalidSetting, match="name of a job"):
        farm.bundle(request_for(), tmp_path / "job", name=name)


def test_the_name_is_the_target_s_unless_it_is_said(request_for, tmp_path):
    job, _ = job_in(farm.bundle(request_for(), tmp_path / "job"))
    assert job.name == "Retime slow.####.exr"
    job, _ = job_in(farm.bundle(request_for(), tmp_path / "job", name="sh010 – slow"))
    assert job.name == "sh010 – slow"


@pytest.mark.parametrize(
    ("changes", "chunk", "kind"),
    [
        ({}, 0, InvalidSetting),
        ({"source": "/no/such.####.exr"}, 5, SequenceError),
        ({"target": "slow.mov"}, 5, InvalidSetting),
        ({"only": (1, 2)}, 5, InvalidSetting),
        ({"retime": Retime(speed=Fraction(1), input_range=(1, 9))}, 5, InvalidSetting),
    ],
)
def test_what_a_render_refuses_is_refused_before_anything_is_written(
    changes, chunk, kind, request_for, tmp_path
):
    with pytest.raises(kind):
        farm.bundle(replace(request_for(), **changes), tmp_path / "job", chunk=chunk)
    assert not (tmp_path / "job").exists()


def test_missing_frames_are_found_at_submission(request_for, plate, tmp_path):
    (plate.parent / "plate.1003.exr").unlink()
    with pytest.raises(MissingFrames, match="1003"):
        farm.bundle(request_for(), tmp_path / "job")
    held = request_for(footage=Footage(missing="hold"))
    assert [task.only for task in requests_in(farm.bundle(held, tmp_path / "job"))]


def test_an_empty_frame_is_found_at_submission(request_for, plate, tmp_path):
    (plate.parent / "plate.1003.exr").write_bytes(b"")
    with pytest.raises(MissingFrames, match="empty frame: 1003, of 0 bytes"):
        farm.bundle(request_for(), tmp_path / "job")


def test_frames_on_both_sides_of_a_gap_go_in(request_for, plate):
    """Of 1001 … 1005 the middle three are missing: a task of 1003 needs both ends."""
    for number in (1002, 1003, 1004):
        (plate.parent / f"plate.{number}.exr").unlink()
    request = request_for(footage=Footage(missing="interpolate"), only=(1003, 1003))
    _, files = farm.looked_up(request)
    assert [Path(file).name for file in files] == ["plate.1001.exr", "plate.1005.exr"]


def test_a_target_over_the_source_is_refused(plate, tmp_path):
    with pytest.raises(OutputError, match="overwrite"):
        farm.bundle(RenderRequest(str(plate), str(plate), SLOW), tmp_path / "job")


def test_a_bundle_that_cannot_be_written_says_so(request_for, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Choose another folder"):
        farm.bundle(request_for(), tmp_path / "file")


def test_a_curve_of_an_earlier_bundle_does_not_stay(request_for, tmp_path):
    keys = ((Fraction(1), Fraction(1001)), (Fraction(9), Fraction(1005)))
    folder = farm.bundle(request_for(Retime(curve=Curve(keys))), tmp_path / "job")
    assert {path.name for path in folder.iterdir()} == {
        "template.json",
        "parameter_values.json",
        "job_parameters.json",
        "asset_references.json",
        "curve.json",
    }
    farm.bundle(request_for(), folder)
    assert not (folder / "curve.json").exists()


def test_the_program_is_the_one_on_path_else_the_one_beside_the_engine(tmp_path, monkeypatch):
    own = tmp_path / "hifi-ofx"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert farm.default_command() == "hifi-ofx"
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(farm, "engine_python", lambda: str(tmp_path / "python"))
    assert farm.default_command() == str(own)
    own.unlink()
    assert farm.default_command() == "hifi-ofx"


def test_submit_takes_the_flags_of_retime_and_says_what_to_do_next(plate, tmp_path, capsys):
    words = ["submit", str(plate), str(tmp_path / "o.#.exr"), "--speed", "25%", "--preset", "paper"]
    words += ["--steps", "2", "--bundle", str(tmp_path / "job"), "--chunk", "10"]
    assert cli.main([*words, "--hifi-command", "/farm/hifi-ofx"]) == 0
    out = capsys.readouterr().out
    assert "frames 1001 to 1017 in 2 tasks" in out
    assert f"deadline bundle submit '{tmp_path / 'job'}'" in out
    first, second = requests_in(tmp_path / "job")
    assert (first.quality.steps, first.quality.samples) == (2, 4)
    assert first.retime.speed == Fraction(1, 4)
    assert second.only == (1011, 1017)
    assert {words[0] for words in commands_in(tmp_path / "job")} == {"/farm/hifi-ofx"}


def test_submit_refuses_in_a_sentence(tmp_path, capsys):
    words = ["submit", "/no/such.#.exr", "o.#.exr", "--speed", "1/2", "--bundle", str(tmp_path)]
    assert cli.main(words) == SequenceError.exit_code
    assert "/no" in capsys.readouterr().err


def test_a_video_s_frames_are_counted_by_the_engine(request_for, monkeypatch, tmp_path):
    class Counting:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def plan(self, request):
            frames = tuple((frame, 0, 1, "1/2") for frame in range(3, 8))
            yield Plan(frames, Cost(5, 5, 1, 1, (), "cpu", 1, 1))

    monkeypatch.setattr(farm, "EngineProcess", Counting)
    request = replace(request_for(), source=str(tmp_path / "plate.mov"))
    assert farm.output_frames(request) == range(3, 8)


# On this machine, with `openjd run`


def program(folder):
    """A `hifi-ofx` that runs this checkout."""
    path = folder / "hifi-ofx"
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m hifi_ofx.cli "$@"\n')
    path.chmod(0o755)
    return path


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def openjd_run(folder):
    command = [sys.executable, "-m", "openjd", "run", str(folder / "template.json")]
    command += ["--job-param", f"file://{folder / 'job_parameters.json'}"]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture
def small_plate(tmp_path):
    """Three frames of a moving square that the engine can read."""
    numpy, oiio = pytest.importorskip("numpy"), pytest.importorskip("OpenImageIO")
    for index in range(3):
        pixels = numpy.zeros((48, 64, 3), numpy.float32)
        pixels[10:30, 5 + 8 * index : 25 + 8 * index] = (0.1, 4.0, 30.0)
        path = str(tmp_path / f"plate.{1001 + index}.exr")
        spec = oiio.ImageSpec(64, 48, 3, "half")
        spec.attribute("FramesPerSecond", oiio.TypeDesc("rational"), (24, 1))
        output = oiio.ImageOutput.create(path)
        output.open(path, spec)
        output.write_image(pixels)
        output.close()
    return str(tmp_path / "plate.####.exr")


SMALL = ["--weights", "aligned", "--device", "cpu", "--patch", "32x48"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for hifi-ofx is a shell script")
def test_a_bundle_that_is_run_gives_the_bits_of_one_retime(small_plate, tmp_path):
    curve = tmp_path / "ramp.csv"
    curve.write_text("1,1001\n4,1002\n7,1003\n")
    flags = ["--curve", str(curve), "--interpolation", "cubic", *SMALL]
    alone = [sys.executable, "-m", "hifi_ofx.cli", "retime", small_plate]
    subprocess.run(
        [*alone, str(tmp_path / "alone" / "f.####.exr"), *flags], env=environment(), check=True
    )
    words = ["submit", small_plate, str(tmp_path / "farm" / "f.####.exr"), *flags, "--chunk", "3"]
    words += ["--bundle", str(tmp_path / "job"), "--hifi-command", str(program(tmp_path))]
    assert cli.main(words) == 0
    done = openjd_run(tmp_path / "job")
    assert done.returncode == 0, done.stdout
    assert "openjd_progress: 100" in done.stdout
    expected = {path.name: path.read_bytes() for path in (tmp_path / "alone").glob("*.exr")}
    made = {path.name: path.read_bytes() for path in (tmp_path / "farm").glob("*.exr")}
    assert len(expected) == 7
    assert made == expected


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for hifi-ofx is a shell script")
def test_a_task_that_fails_says_why_to_the_farm(small_plate, tmp_path):
    words = ["submit", small_plate, str(tmp_path / "f.####.exr"), "--speed", "1/2", *SMALL]
    words += ["--bundle", str(tmp_path / "job"), "--hifi-command", str(program(tmp_path))]
    assert cli.main(words) == 0
    (tmp_path / "plate.1002.exr").unlink()  # between submission and render
    done = openjd_run(tmp_path / "job")
    assert done.returncode != 0
    assert "openjd_fail: " in done.stdout
    assert "no frame 1002" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM between processes")
def test_sigterm_stops_a_retime_like_ctrl_c(small_plate, tmp_path):
    target = str(tmp_path / "long" / "f.####.exr")
    command = [sys.executable, "-m", "hifi_ofx.cli", "retime", small_plate, target]
    command += ["--speed", "1/2000", *SMALL, "--openjd"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        next(line for line in process.stdout if line.startswith("openjd_status: 2/"))
        process.send_signal(signal.SIGTERM)
        said = process.stdout.read()
    assert process.returncode == 130
    assert "openjd_fail: Cancelled." in said
    left = [path.name for path in (tmp_path / "long").iterdir() if path.suffix != ".jsonl"]
    assert 2 <= len(left) < 20  # of 4001
    assert all(name.startswith("f.") for name in left)


def test_sigterm_while_the_engine_starts_leaves_no_engine(tmp_path, small_plate):
    silent = tmp_path / "silent"
    silent.write_text(f"#!/bin/sh\necho $$ > {shlex.quote(str(tmp_path / 'pid'))}\nexec sleep 60\n")
    silent.chmod(0o755)
    command = [sys.executable, "-m", "hifi_ofx.cli", "retime", small_plate]
    command += [str(tmp_path / "f.####.exr"), "--speed", "1/2"]
    process = subprocess.Popen(
        command,
        env={**environment(), "HIFI_ENGINE_PYTHON": str(silent)},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.3)  # until it waits for the engine's first words
    process.send_signal(signal.SIGTERM)
    assert "Cancelled." in process.communicate(timeout=15)[1]
    assert process.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_errors_travel_on_one_line(capsys):
    terminal.failed(HifiError("Two\nlines.", "Do\tthis."), as_json=False, as_openjd=True)
    assert capsys.readouterr().out == "openjd_fail: Two lines. Do this.\n"
