"""The installer says which way the version on disk leaves open."""

import plistlib

import pytest

from hifi_ofx.install import resolve_version


@pytest.fixture
def scripting(tmp_path, monkeypatch):
    """Resolve's scripting folder, and nothing else of it on this machine."""
    monkeypatch.setenv("RESOLVE_SCRIPT_API", str(tmp_path))
    monkeypatch.setattr(resolve_version.sys, "platform", "linux")
    return tmp_path


@pytest.mark.parametrize(
    ("day", "version"),
    [
        ("16 July 2023", "18.6 or earlier"),
        ("3 October 2024", "19.0"),
        ("28 October 2024", "19.1"),
        ("7 Oct 2025", "20.2"),
        ("24 Jul 2026", "21.0"),
    ],
)
def test_a_readme_says_the_version_and_the_menu_is_open_to_all(scripting, day, version):
    (scripting / "README.txt").write_text(f"\n\nLast Updated: {day}\n---\n")
    (line,) = resolve_version.advice()
    assert line.startswith(f"Found DaVinci Resolve {version}. Studio and free: choose Workspace")
    assert "OpenFX" not in line


def test_types_are_there_from_21_1_on_and_the_free_edition_has_other_ways(scripting):
    (scripting / "README.md").write_text("Last Updated: 1 Sep 2026")
    (scripting / "DaVinciResolveScript.pyi").write_text("")
    (line,) = resolve_version.advice()
    assert line.startswith("Found DaVinci Resolve 21.1 or later. Studio: choose Workspace")
    free = line.partition("Free: ")[2]
    assert all(word in free for word in ("OpenFX node", "hifi-ofx panel", "hifi-ofx retime"))


def test_the_application_says_it_on_macos(scripting, monkeypatch):
    plist = scripting / "Info.plist"
    plist.write_bytes(plistlib.dumps({"CFBundleShortVersionString": "20.3.2"}))
    monkeypatch.setattr(resolve_version.sys, "platform", "darwin")
    monkeypatch.setattr(resolve_version, "_APPLICATION", plist)
    assert resolve_version.installed() == "20.3.2"
    plist.write_bytes(b"not a list")
    assert resolve_version.installed() is None


def test_without_resolve(scripting):
    assert resolve_version.installed() is None
    (line,) = resolve_version.advice()
    assert "No DaVinci Resolve was found" in line
    assert "from 21.1 on: Studio" in line


def test_a_readme_without_a_day(scripting):
    (scripting / "README.txt").write_text("Last Updated: 3 Brumaire 2024")
    assert resolve_version.installed() is None
