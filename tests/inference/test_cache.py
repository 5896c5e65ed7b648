"""Machines without a home, or with one that cannot be written to: nothing fails for that."""

import contextlib
from pathlib import Path

import pytest
import torch

from engine.inference import cache, device_lock, timing
from hifi_ofx.errors import Cancelled

GPU, CPU = torch.device("cuda:0"), torch.device("cpu")


@pytest.fixture(params=["no home", "a home that is a file", "a cache in a file"])
def nowhere(request, monkeypatch, tmp_path):
    """No place for a cache."""
    for name in ("HIFI_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "file").write_text("")
    if request.param == "no home":
        monkeypatch.delenv("HOME")
        monkeypatch.setattr(Path, "home", homeless)
    elif request.param == "a home that is a file":
        monkeypatch.setenv("HOME", str(tmp_path / "file"))
    else:
        monkeypatch.setenv("HIFI_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def homeless():
    raise RuntimeError("Could not determine home directory.")


def test_times_are_not_remembered_and_that_is_all(nowhere):
    timing.remember(CPU, "key", 100, 1.0)
    assert timing.seconds(CPU, "key", 100) in (None, 1.0)


def test_engines_take_turns_all_the_same(nowhere):
    first, second = cache.made_folder(), cache.made_folder()
    assert first == second and first.is_dir()
    checks = []

    def check():
        checks.append(1)
        if len(checks) > 1:
            raise Cancelled("Not mine.")

    with (
        device_lock.turn(GPU, lambda: None),
        pytest.raises(Cancelled),
        device_lock.turn(GPU, check),
    ):
        raise AssertionError("two have the device")
    with device_lock.turn(GPU, lambda: None):
        pass


def test_without_any_folder_there_are_no_turns(nowhere, monkeypatch):
    monkeypatch.setattr(cache.os, "access", lambda *_: False)
    with device_lock.turn(GPU, lambda: None), device_lock.turn(GPU, lambda: None):
        pass


def test_a_disk_without_locks_is_no_failure(monkeypatch):
    def refuse(*_, **__):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(device_lock.FileLock, "acquire", refuse)
    with contextlib.ExitStack() as stack:
        stack.enter_context(device_lock.turn(GPU, lambda: None))
