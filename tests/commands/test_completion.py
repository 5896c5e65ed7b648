"""Shell completion: what bash offers after some typed words."""

import shutil
import subprocess

import pytest

from engine.__main__ import main

pytest.importorskip("shtab", reason="shtab is not installed")


def offered(capsys, *words):
    """What bash offers for the last of these words."""
    assert main(["completion", "bash"]) == 0
    typed = " ".join(words)
    script = (
        f"{capsys.readouterr().out}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; "
        f"COMP_LINE='{typed}'; COMP_POINT={len(typed)}; _shtab_hifi_ofx; echo ${{COMPREPLY[@]}}"
    )
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return found.stdout.split()


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_completes_commands_flags_and_choices(capsys):
    assert "retime" in offered(capsys, "hifi-ofx", "ret")
    assert offered(capsys, "hifi-ofx", "retime", "--spe") == ["--speed"]
    assert offered(capsys, "hifi-ofx", "retime", "--motion", "lea") == ["learned"]


def test_the_shell_is_the_users_own_where_it_is_known(capsys, monkeypatch):
    monkeypatch.setenv("SHELL", "/usr/bin/zsh")
    assert main(["completion"]) == 0
    assert "#compdef hifi-ofx" in capsys.readouterr().out
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert main(["completion"]) == 0
    assert "complete -" in capsys.readouterr().out
