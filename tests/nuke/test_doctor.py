"""The script by which a studio finds out what holds in its Nuke."""

import subprocess
import sys
from pathlib import Path

from hifi_ofx import cli
from tests.nuke.conftest import running_nuke


def test_everything_holds_in_the_stand_in_and_every_line_says_what(capsys):
    with running_nuke(mode="-t", args=["doctor.py"]):
        from hifi_nuke import doctor

        code = doctor.main()
        said = capsys.readouterr().out
        assert code == 0, said
        assert said.count("  holds   ") == len(doctor.CHECKS)
        assert said.splitlines()[-1] == f"{len(doctor.CHECKS)} of {len(doctor.CHECKS)} hold."


def test_what_does_not_hold_is_said(capsys, monkeypatch):
    with running_nuke(mode="-t", args=["doctor.py"]):
        import nuke
        from hifi_nuke import doctor

        monkeypatch.setattr(nuke.callbacks, "beforeRenders", None)
        assert doctor.main() == 1
        assert (
            "FAILS   the lists of callbacks can be read: nuke.callbacks" in capsys.readouterr().out
        )


def test_the_command_says_what_to_run_or_runs_it(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cli.main(["doctor", "nuke"]) == 0
    line = capsys.readouterr().out.strip()
    assert line.startswith("nuke -t '")
    assert Path(line.split("'")[1]).is_file()
    assert cli.main(["doctor", "nuke", "--nuke", "/no/nuke"]) == 2
    program = tmp_path / "nuke"
    fake = Path(__file__).parent / "fake_nuke.py"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake}" "$@"\n')
    program.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "hifi_ofx.cli", "doctor", "nuke", "--nuke", str(program)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hold." in done.stdout
