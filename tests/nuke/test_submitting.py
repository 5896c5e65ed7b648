"""One submit for all that a farm has to do: the input, the retime, the comp."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.nuke.conftest import (
    NODE,
    cache_of,
    moving_square,
    pixels_of,
    read_node,
    rendered,
    results,
    retime_node,
    root_of,
    write_node,
)

ROOT = Path(__file__).parents[2]


def comp(gui, plate, knobs, tmp_path, **more):
    """Plate, Grade, HiFIRetime, Grade, Write: never saved."""
    grade = gui.nuke.nodes.Grade()
    grade.setInput(0, read_node(plate))
    grade["multiply"].setValue(2.0)
    node = retime_node(gui, grade, {**knobs, **more}, farmChunk=3)
    after = gui.nuke.nodes.Grade()
    after.setInput(0, node)
    after["multiply"].setValue(0.5)
    write_node(tmp_path, after)
    gui.nuke.root()["first_frame"].setValue(1001)
    gui.nuke.root()["last_frame"].setValue(1007)
    return node


def bundle_of(node):
    folder = cache_of(node) / "farm"
    return folder, json.loads((folder / "template.json").read_text())


def test_three_steps_each_after_the_one_before(gui, plate, knobs, tmp_path):
    node = comp(gui, plate, knobs, tmp_path)
    status = rendered(gui, node, "submit")
    folder, template = bundle_of(node)
    assert status == f"The farm job is in {folder}."
    assert [step["name"] for step in template["steps"]] == ["Input", "Retime", "Comp"]
    after = [step.get("dependencies", [{}])[0].get("dependsOn") for step in template["steps"]]
    assert after == [None, "Input", "Retime"]
    assert not list(root_of(node).glob("source_*/*.exr"))  # that is the farm's to do
    # The open script is as it was; the copy holds what the job makes.
    assert not gui.host.script_path
    assert node["whenOld"].value() == "error"
    assert 'whenOld "hold the old"' in (folder / "script.nk").read_text()
    assert node["hifi_folder"].value() in (folder / "script.nk").read_text()


def test_a_plate_that_the_engine_reads_and_no_write_is_one_step(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs)
    rendered(gui, node, "submit")
    folder, template = bundle_of(node)
    assert [step["name"] for step in template["steps"]] == ["Retime"]
    assets = json.loads((folder / "asset_references.json").read_text())["assetReferences"]
    names = [f"{Path(plate).parent.as_posix()}/plate.{frame}.exr" for frame in range(1001, 1005)]
    assert assets["inputs"] == {"filenames": names, "directories": []}
    assert assets["outputs"]["directories"] == [str(cache_of(node))]
    flow = {one["name"]: one.get("dataFlow") for one in template["parameterDefinitions"]}
    assert (flow["SourceFolder"], flow["TargetFolder"]) == ("NONE", "OUT")


def test_braces_in_names_break_no_template(gui, plate, knobs, tmp_path):
    from openjd.model import decode_job_template

    odd = tmp_path / "a {{Param.Steps}} }{"
    (tmp_path / "plate").rename(odd)
    node = retime_node(gui, read_node((odd / "plate.%04d.exr").as_posix()), knobs)
    gui.nuke.scriptSaveAs((tmp_path / "shot {{x}}.nk").as_posix())
    status = rendered(gui, node, "submit")
    folder, template = bundle_of(node)
    assert status.startswith("The farm job is in"), status
    decode_job_template(template=template)
    values = json.loads((folder / "job_parameters.json").read_text())
    assert values["SourceFolder"] == str(odd)
    tractor = (folder / "other_farms/tractor.alf").read_text()
    assert r"a\ \{\{Param.Steps\}\}\ \}\{" in tractor


def test_other_farms_have_it_as_their_own_text(gui, plate, knobs, tmp_path):
    node = comp(gui, plate, {**knobs, "device": "auto"}, tmp_path)
    rendered(gui, node, "submit")
    folder, _ = bundle_of(node)
    other = folder / "other_farms"
    submit = (other / "deadline.txt").read_text().splitlines()
    assert submit[:2] == ["-SubmitMultipleJobs", "-dependent"]
    assert submit[2::3] == ["-job"] * 3
    jobs = [
        dict(line.split("=", 1) for line in Path(name).read_text().splitlines())
        for name in submit[3::3]
    ]
    assert [job["Plugin"] for job in jobs] == ["CommandLine"] * 3
    assert [job["Frames"] for job in jobs] == ["1001-1004", "1001-1007", "1001-1007"]
    assert [job["ChunkSize"] for job in jobs] == ["3"] * 3
    plugins = [
        dict(line.split("=", 1) for line in Path(name).read_text().splitlines())
        for name in submit[4::3]
    ]
    assert plugins[0]["Executable"] == gui.nuke.EXE_PATH
    assert plugins[0]["Arguments"].endswith("frames=<STARTFRAME>-<ENDFRAME>")
    assert "--frames=<STARTFRAME>-<ENDFRAME>" in plugins[1]["Arguments"]
    assert f"{cache_of(node)}/result.%04d.exr" in plugins[1]["Arguments"]
    assert plugins[2]["Arguments"].startswith("-F <STARTFRAME>-<ENDFRAME> -X Write1 ")
    assert "{{" not in "".join(plugin["Arguments"] for plugin in plugins)
    cue = (other / "opencue.py").read_text()
    compile(cue, "opencue.py", "exec")
    assert "#FRAME_START#-#FRAME_END#" in cue
    assert "layer.depend_all(before)" in cue
    tractor = (other / "tractor.alf").read_text()
    assert tractor.count("Task ") == 1 + 3 + 2 + 3 + 3
    assert "-serialsubtasks 1" in tractor
    assert tractor.count("-service {PixarRender,gpu}") == 3
    assert tractor.count("{") == tractor.count("}")
    # As Pixar's own tractor.api.author writes a job: a header, and every word in braces.
    assert tractor.startswith("##AlfredToDo 3.0\nJob -title {")
    assert "-cmds { RemoteCmd {{" in tractor
    assert "} {-F} {1001-1003} {-X} {Write1} {" in tractor


@pytest.mark.parametrize("word", ["plain", "two words", "a{b", "c:\\d e", "{{x}} [y] $z", "é\"'"])
def test_a_word_of_tractor_s_is_one_word_of_tcl(word):
    from hifi_ofx import farm_recipes

    tkinter = pytest.importorskip("tkinter")
    spelled = farm_recipes._tcl(word)
    assert tkinter.Tcl().splitlist(f"{spelled} {spelled}") == (word, word)


@pytest.fixture
def programs(tmp_path):
    """`nuke` as the stand-in plays it, and `hifi-ofx` out of this checkout."""

    def program(name, words):
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, *words])} "$@"\n')
        path.chmod(0o755)
        return str(path)

    nuke = program("nuke", [str(ROOT / "tests/nuke/fake_nuke.py")])
    return {"NukeCommand": nuke, "HifiCommand": program("hifi-ofx", ["-m", "hifi_ofx.cli"])}


def run_job(folder, values, *words):
    """`openjd run` with some parameters set."""
    file = folder / "job_parameters.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))
    command = [sys.executable, "-m", "openjd", "run", str(folder / "template.json")]
    command += ["--job-param", f"file://{file}", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins for programs are shell scripts")
def test_from_a_script_that_was_never_saved_to_the_frames_of_the_comp(
    gui, plate, knobs, tmp_path, programs
):
    node = comp(gui, plate, knobs, tmp_path)
    rendered(gui, node, "submit")
    folder, _ = bundle_of(node)
    done = run_job(folder, programs)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(results(node)) == list(range(1001, 1008))
    final = sorted(tmp_path.glob("Write1.*.exr"))
    assert len(final) == 7
    for output, index in ((0, 0), (2, 1), (6, 3)):
        np.testing.assert_array_equal(pixels_of(final[output]), moving_square(index))
    assert rendered(gui, node) == "Every frame was there already."
    # And what fails on the farm is a failed task.
    gui.turn(node, "seed", 3)
    rendered(gui, node, "submit")
    folder, _ = bundle_of(node)
    (tmp_path / "plate/plate.1003.exr").unlink()
    for path in root_of(node).glob("source_*/*.exr"):
        path.unlink()
    (tmp_path / "Write1.1001.exr").unlink()
    done = run_job(folder, programs)
    assert done.returncode != 0
    assert not (tmp_path / "Write1.1001.exr").exists()


@pytest.mark.slow
def test_the_farm_writes_the_input_into_the_folder_that_was_named(
    gui, plate, knobs, tmp_path, programs
):
    node = comp(gui, plate, knobs, tmp_path)
    rendered(gui, node, "submit")
    folder, _ = bundle_of(node)
    for path in (tmp_path / "plate").glob("*.exr"):
        os.utime(path, (1, 1))  # as after a copy to the farm: everything has another date
    values = json.loads((folder / "job_parameters.json").read_text())
    words = ["-t", folder / "other_farms/bake.py", "bake", values["Script"], NODE]
    words += [values["SourceFolder"], "frames=1002-1004"]
    done = subprocess.run(
        [programs["NukeCommand"], *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    names = sorted(path.name for path in Path(values["SourceFolder"]).glob("*.exr"))
    assert names == ["source.1002.exr", "source.1003.exr", "source.1004.exr"]
    words[-1] = "1002-1004"
    done = subprocess.run(
        [programs["NukeCommand"], *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "openjd_fail: '1002-1004' are no frames" in done.stdout
