"""Folders of the user's own: where there is no home, nobody else's folder is taken for ours."""

import os
from pathlib import Path

import pytest

from hifi_ofx import user_folders


def homeless():
    raise RuntimeError("Could not determine home directory.")


@pytest.fixture
def homeless_user(monkeypatch, tmp_path):
    for name in ("HIFI_CONFIG", "HIFI_CACHE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_without_a_home_they_are_one_among_the_temporary_files(homeless_user):
    assert user_folders.config_folder() == user_folders.cache_folder()
    assert user_folders.config_folder().parent == homeless_user


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="folders have no owners here")
def test_what_is_somebody_elses_or_a_link_is_passed_over(homeless_user, monkeypatch):
    first = user_folders.temporary_folder()
    elsewhere = homeless_user / "elsewhere"
    elsewhere.mkdir()
    first.symlink_to(elsewhere)
    second = user_folders.temporary_folder()
    assert second != first
    second.mkdir()
    assert user_folders.temporary_folder() == second  # ours, and found again
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    somebodys = homeless_user / f"hifi-ofx-{mine + 1}"
    somebodys.mkdir()
    assert user_folders.temporary_folder() == Path(f"{somebodys}-1")


def test_what_is_set_is_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("HIFI_CONFIG", str(tmp_path / "settings"))
    monkeypatch.setenv("HIFI_CACHE", str(tmp_path / "cache"))
    assert user_folders.config_folder() == tmp_path / "settings"
    assert user_folders.cache_folder() == tmp_path / "cache"
