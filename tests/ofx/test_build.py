"""What is built: every declared setting, with no strings attached, for other systems too."""

import json
import os
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hifi_ofx.child import engine_environment
from hifi_ofx.errors import HifiError
from hifi_ofx.ofx import ENGINE_PYTHON, build, generate
from hifi_ofx.parameters import declarations
from hifi_ofx.quality import Footage, Machine, Output, Quality
from tests.ofx_host.profiles import REFERENCE

from .conftest import IN_BUNDLE, loaded, program

ROOT = Path(__file__).parents[2]


def output_of(*command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]}")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_no_two_parameters_share_a_name_and_none_is_forgotten():
    rows = [row for kind in generate._LIVE for row in generate._parameters(kind)]
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names))
    every = {one.name for kind in (Quality, Footage, Output, Machine) for one in declarations(kind)}
    files = {"layers", "vectors", "missing", "ends", "deinterlace", "transfer", "alpha"}
    on_disk_only = files | {"longest_gap", "holds", "hold_threshold", "hold_length"}
    on_disk_only |= {"matte", "cut_marks", "hold_marks", "shutter", "shutter_samples"}
    assert every - set(names) - {"patch"} == on_disk_only


def test_it_shows_nothing_but_its_door(bundle):
    """Hosts load many plug-ins into one process: a symbol of ours must meet none of theirs."""
    table = output_of("nm", "-D", "--defined-only", str(bundle / IN_BUNDLE))
    shown = {line.split()[-1] for line in table.splitlines()}
    assert shown == {"OfxGetNumberOfPlugins", "OfxGetPlugin", "OfxSetHost"}


def test_it_needs_the_c_library_alone(bundle):
    dynamic = output_of("readelf", "-d", str(bundle / IN_BUNDLE))
    needed = {line.split("[")[1][:-1] for line in dynamic.splitlines() if "(NEEDED)" in line}
    families = {name.split(".")[0] for name in needed}
    assert families <= {"libc", "libm", "libdl", "libpthread", "ld-linux-x86-64"}


def test_the_bundle_says_what_it_is(bundle):
    about = plistlib.loads((bundle / "Contents/Info.plist").read_bytes())
    assert about["CFBundleExecutable"] == "HiFI.ofx"
    assert about["CFBundlePackageType"] == "BNDL"
    assert about["CFBundleIdentifier"] == "org.hifi.Interpolate"


def test_the_engine_gets_the_environment_that_it_gets_elsewhere(
    load, small, plate, tmp_path, monkeypatch
):
    """Nothing of the host's own interpreter and Qt; what is set for all children is set."""
    for name in ("PYTHONPATH", "PYTHONHOME", "QT_PLUGIN_PATH", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "/the/host's")
    monkeypatch.setenv("PYTHONNOUSERSITE", "0")
    monkeypatch.setenv("HIFI_ODD_ONE", "a=b c")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    dump = tmp_path / "environment"
    dumped = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"
    python = program(
        tmp_path / "python", f'#!/bin/sh\nexec "{sys.executable}" -c "{dumped}" "{dump}"\n'
    )
    effect = load(REFERENCE, python).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        instance.frame(1002)
    found = json.loads(dump.read_text(encoding="utf-8"))
    shell_s = {"PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE", "COLUMNS", "LINES"}
    expected = engine_environment(os.environ)
    assert {k: v for k, v in found.items() if k not in shell_s} == {
        k: v for k, v in expected.items() if k not in shell_s
    }


def test_without_cmake_a_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HifiError, match="Install CMake"):
        build.build(tmp_path / "out")


@pytest.mark.slow
def test_without_a_compiler_all_else_is_installed(tmp_path):
    """The package must install on a machine that has none: only the plug-in is left out."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("cmake", "make", "ninja"):
        if (found := shutil.which(name)) is not None:
            (tools / name).symlink_to(found)
    command = ["cmake", "-S", str(build.SOURCE), "-B", str(tmp_path / "out")]
    done = subprocess.run(
        command, env={"PATH": str(tools)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "the OpenFX plug-in is left out" in " ".join(done.stderr.split())


@pytest.mark.slow
def test_the_sources_compile_for_windows(tmp_path):
    if not any(map(shutil.which, ("x86_64-w64-mingw32-g++-posix", "x86_64-w64-mingw32-g++"))):
        pytest.skip("there is no mingw-w64")
    toolchain = build.SOURCE / "mingw-w64.cmake"
    made = build.build(tmp_path / "out", toolchain=str(toolchain))
    binary = made / "Contents/Win64/HiFI.ofx"
    assert binary.read_bytes()[:2] == b"MZ"
    exported = output_of("x86_64-w64-mingw32-objdump", "-p", str(binary))
    for name in ("OfxGetNumberOfPlugins", "OfxGetPlugin", "OfxSetHost"):
        assert name in exported
    libraries = {line.split()[-1].lower() for line in exported.splitlines() if "DLL Name" in line}
    assert libraries <= {"kernel32.dll", "msvcrt.dll", "user32.dll", "advapi32.dll"}


@pytest.mark.parametrize(
    ("platform", "processor", "folder"),
    [("ARM64EC", "", "Win-arm64ec"), ("", "arm64ec", "Win-arm64ec"), ("x64", "AMD64", "Win64")],
)
def test_windows_on_arm_has_a_folder_of_its_own(tmp_path, platform, processor, folder):
    """Resolve and Vegas are Arm64EC there; as OpenFX's "Packaging OFX Plug-ins" names it."""
    if shutil.which("cmake") is None:
        pytest.skip("there is no cmake")
    source = (build.SOURCE / "CMakeLists.txt").read_text(encoding="utf-8")
    chosen = "if(APPLE)" + source.split("if(APPLE)", 1)[1].split("set(sources", 1)[0]
    told = f'set(WIN32 1)\nset(CMAKE_GENERATOR_PLATFORM "{platform}")\n'
    told += f'set(CMAKE_SYSTEM_PROCESSOR "{processor}")\n'
    script = tmp_path / "chosen.cmake"
    script.write_text(f'{told}{chosen}\nmessage("folder ${{HIFI_ARCHITECTURE}}")\n')
    done = subprocess.run(["cmake", "-P", str(script)], capture_output=True, text=True, check=True)
    assert f"folder {folder}\n" in done.stderr


def test_visual_studio_is_told_the_platform(monkeypatch, tmp_path):
    commands = []
    done = subprocess.CompletedProcess([], 1, "", "stopped")
    monkeypatch.setattr(build.subprocess, "run", lambda words, **_: commands.append(words) or done)
    assert build.main(["--platform", "ARM64EC", "--output", str(tmp_path)]) != 0
    assert commands[0][-2:] == ["-A", "ARM64EC"]


@pytest.mark.parametrize("written", [True, False])
def test_an_installed_bundle_says_where_its_engine_is(
    bundle, small, plate, stand_in, tmp_path, monkeypatch, written
):
    """And nothing else does: without the line, no Python is started, and the user told how."""
    monkeypatch.delenv("HIFI_ENGINE_PYTHON", raising=False)
    installed = Path(shutil.copytree(bundle, tmp_path / "plug-ins" / bundle.name))
    if written:
        line = installed / ENGINE_PYTHON
        line.parent.mkdir()
        line.write_text(f"{stand_in('blends')}\r\nanother line\n", encoding="utf-8")
    with loaded(installed, tmp_path) as plugin:
        effect = plugin.effect("Filter")
        with effect.instance(small, {"Source": plate}) as instance:
            frame = instance.frame(1003, interactive=True)
            said = instance.persistent
    middle = (plate.frames[1001] + plate.frames[1002]) / 2
    assert np.allclose(frame.picture, middle, atol=1e-6) == written
    assert (said is None) == written
    assert written or "hifi-ofx install ofx" in said[1]
