"""Folders among the temporary files: private, and gone with their owner or at the next start."""

import gc
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hifi_ofx.file_lock import locked
from hifi_ofx.private_folder import PrivateFolder

OWNER = """
import os, sys
from hifi_ofx.private_folder import PrivateFolder
folder = PrivateFolder("test", sys.argv[1])
(folder.path / "picture.raw").write_bytes(b"1" * 1000)
print(folder.path, flush=True)
sys.stdin.read()
os._exit(0)  # without a word to anybody
"""


@pytest.fixture
def owner(tmp_path):
    """A process that has such a folder, and that folder."""
    words = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(words, stdin=-1, stdout=-1, text=True) as process:
        yield process, Path(process.stdout.readline().strip())
        process.kill()


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_it_is_for_its_owner_alone_and_goes_with_what_is_in_it(tmp_path):
    with PrivateFolder("test", str(tmp_path)) as folder:
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        (folder.path / "deep").mkdir()
    folder.remove()
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_goes_and_what_a_living_one_has_stays(owner, tmp_path):
    process, folder = owner
    with PrivateFolder("test", str(tmp_path)) as another:
        assert folder.is_dir() and another.path.is_dir()
    process.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    process.wait(10)
    assert (folder / "picture.raw").is_file()
    PrivateFolder("other", str(tmp_path)).remove()
    assert folder.is_dir(), "it is of another kind"
    PrivateFolder("test", str(tmp_path)).remove()
    assert not folder.exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_folders_of_others_links_and_unmarked_folders_are_left_alone(tmp_path, monkeypatch):
    plain, target = tmp_path / "hifi-test-plain", tmp_path / "target"
    for folder in (plain, target):
        folder.mkdir()
    (plain / "mine").touch()
    (target / "lock").touch()  # it would be taken for a leftover
    link = tmp_path / "hifi-test-link"
    link.symlink_to(target)
    PrivateFolder("test", str(tmp_path)).remove()
    assert (plain / "mine").is_file() and link.is_symlink() and (target / "lock").is_file()
    (plain / "lock").touch()
    monkeypatch.setattr(os, "getuid", lambda: plain.stat().st_uid + 1)
    PrivateFolder("test", str(tmp_path)).remove()
    assert (plain / "mine").is_file()
    monkeypatch.undo()
    PrivateFolder("test", str(tmp_path)).remove()
    assert not plain.exists()


def test_a_leftover_that_another_process_removes_meanwhile_stops_nothing(tmp_path, monkeypatch):
    leftover = tmp_path / "hifi-test-left"
    leftover.mkdir()
    (leftover / "lock").touch()

    def removed_first(path):
        if path.parent == leftover:
            shutil.rmtree(leftover)
        return locked(path)

    monkeypatch.setattr("hifi_ofx.private_folder.locked", removed_first)
    with PrivateFolder("test", str(tmp_path)) as folder:
        assert list(tmp_path.iterdir()) == [folder.path]


def test_what_is_forgotten_goes_as_well(tmp_path):
    PrivateFolder("test", str(tmp_path))
    gc.collect()
    assert not list(tmp_path.iterdir())
