"""Folders of frames: which are needed, and what cleaning leaves alone."""

import json
import os
import time

import pytest

from hifi_ofx import cli, results
from hifi_ofx.errors import OutputError
from tests.nuke.conftest import (
    cache_of,
    read_node,
    rendered,
    retime_node,
    root_of,
    wait,
)


def folder(root, name, *, size=1000, age=7200, **about):
    """A folder of results that was left alone for `age` seconds."""
    path = root / name
    path.mkdir(parents=True)
    (path / "about.json").write_text(json.dumps(about))
    (path / "result.1001.exr").write_bytes(b"x" * size)
    when = time.time() - age
    for entry in (path / "result.1001.exr", path):
        os.utime(entry, (when, when))
    return path


def test_a_folder_is_used_while_a_script_names_it_or_what_was_made_of_it(tmp_path):
    root = tmp_path / "hifi_cache"
    for name in ("aaaa", "bbbb", "cccc", "source_1", "source_2"):
        folder(root, name, source={"aaaa": "source_1", "bbbb": "source_2"}.get(name, ""))
    (root / "mine").mkdir()  # nobody of ours made that
    (tmp_path / "shot_v001.nk").write_text("file /x/hifi_cache/aaaa/result.%04d.exr")
    (tmp_path / "shot_v002.nk.autosave").write_text("hifi_folder /x/hifi_cache/cccc")
    found = [one.path.name for one in results.unused(root, age=0)]
    assert sorted(found) == ["bbbb", "source_2"]
    assert [one.path.name for one in results.unused(root, in_use=["bbbb"], age=0)] == []


def test_scripts_elsewhere_count_when_they_rendered_or_are_named(tmp_path):
    root = tmp_path / "cache"
    other, far = tmp_path / "other/shot.nk", tmp_path / "far/deep/shot.nk"
    for script, name in ((other, "aaaa"), (far, "bbbb")):
        script.parent.mkdir(parents=True)
        script.write_text(name)
    folder(root, "aaaa", scripts=[str(other.with_name("an_older.nk"))])
    folder(root, "bbbb")
    assert [one.path.name for one in results.unused(root, age=0)] == ["bbbb"]
    assert not results.unused(root, [tmp_path / "far"], age=0)


def test_what_was_just_written_is_somebody_s_work(tmp_path):
    folder(tmp_path / "cache", "aaaa")
    assert not results.unused(tmp_path / "cache", age=3600)  # its files came into being now
    assert results.unused(tmp_path / "cache", age=0)


def test_the_oldest_go_until_the_rest_is_small_enough_and_links_count_once(tmp_path):
    root = tmp_path / "cache"
    for age, name in enumerate(("new", "middle", "old")):
        folder(root, name, size=10_000, age=age * 3600)
        time.sleep(0.01)
    os.link(root / "old/result.1001.exr", root / "middle/result.1002.exr")
    everything = results.folders(root)
    assert results.disk_use(everything) < 31_000
    gone = results.beyond(everything, everything, 25_000)
    # Of the pictures of the first one to go, one stays in the other folder.
    assert len(gone) == 1
    assert len(results.beyond(everything, everything, 15_000)) >= 2


def test_the_command_says_what_would_go_and_then_deletes_it(tmp_path, capsys):
    root = tmp_path / "hifi_cache"
    folder(root, "aaaa")
    folder(root, "bbbb")
    (tmp_path / "shot.nk").write_text("aaaa")
    assert cli.main(["clean", str(root), "--age", "0", "--dry-run"]) == 0
    assert "bbbb" in capsys.readouterr().out
    assert (root / "bbbb").exists()
    assert cli.main(["clean", str(root), "--age", "0"]) == 0
    assert not (root / "bbbb").exists()
    assert (root / "aaaa").exists()
    assert cli.main(["clean", str(root), "--age", "0"]) == 0
    assert "nothing" in capsys.readouterr().out.lower()


@pytest.mark.parametrize("words", [["clean", "/no/such"], ["clean", ".", "--limit", "much"]])
def test_what_the_command_cannot_do_is_said(words):
    assert cli.main(words) == 2


def test_the_button_asks_and_deletes_what_no_script_uses(gui, plate, knobs, tmp_path, monkeypatch):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=1.0)
    rendered(gui, node)
    kept = cache_of(node)
    gui.nuke.scriptSaveAs((tmp_path / "shot_v001.nk").as_posix())
    for seed in (1, 2):
        gui.turn(node, "seed", seed)
        rendered(gui, node)
    shown = cache_of(node)  # not saved, but open
    assert len(list(root_of(node).iterdir())) == 3
    monkeypatch.setattr(results, "AN_HOUR", 0.0)
    gui.answer("Delete 1 folders of frames", False)
    gui.press(node, "clean")
    assert len(list(root_of(node).iterdir())) == 3
    gui.answer("Delete 1 folders of frames", True)
    gui.press(node, "clean")
    assert set(root_of(node).iterdir()) == {kept, shown}
    assert node["status"].value().startswith("Deleted 1 folders")


def test_a_limit_is_kept_after_a_render(gui, plate, knobs, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "AN_HOUR", 0.0)
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=1.0, cacheLimit=0.00001)
    rendered(gui, node)
    first = cache_of(node)
    gui.turn(node, "seed", 1)
    gui.press(node, "render")
    (status,) = wait(gui, node)
    assert not first.exists()  # nobody saved a script that names it
    assert cache_of(node).exists()
    assert "Note: the cache takes 0.0 GB, and scripts use all of it" in status


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives a link away")
def test_a_link_of_somebody_else_is_no_folder_of_ours(gui, tmp_path, monkeypatch):
    """It leads where its owner wants, even where that is a folder of ours."""
    from hifi_nuke import folders

    monkeypatch.setenv(folders.ENVIRONMENT, str(tmp_path))
    root = folders._temporary()
    (tmp_path / "ours").mkdir()
    root.symlink_to(tmp_path / "ours")
    cache = folders.Cache(root, "a")
    folders.make(cache, cache.folder)
    os.lchown(root, 54321, 54321)
    with pytest.raises(OutputError, match="belongs to somebody else"):
        folders.make(cache, cache.folder)
