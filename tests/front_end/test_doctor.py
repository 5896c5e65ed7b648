"""`hifi-ofx doctor`: what is there is said, what is missing is said with what to do."""

import json
import sys

import pytest

from engine.commands import doctor as engine_doctor
from hifi_ofx import __version__, cli, install
from hifi_ofx.codec import encode
from hifi_ofx.commands import doctor
from hifi_ofx.errors import WeightsError
from hifi_ofx.finding import BAD, GOOD, NOTE, Finding
from hifi_ofx.install.copying import Receipt


def of(found, what):
    return next(one for one in found if one.what == what)


@pytest.fixture
def healthy_engine(monkeypatch):
    """An engine's interpreter that has nothing to complain of, without the seconds it takes."""
    monkeypatch.setattr(doctor, "of_engine", lambda: iter([Finding("engine", GOOD, "Well.")]))


def test_nothing_that_stops_a_render_is_exit_code_0(healthy_engine, capsys):
    assert cli.main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok") and __version__ in lines[0]
    assert lines[-1] == "Nothing stops a render here."


def test_json_has_a_finding_a_line(healthy_engine, capsys):
    assert cli.main(["doctor", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"hifi-ofx", "disk", "engine", *install.HOSTS} <= {one["what"] for one in found}
    assert all(one["state"] in (GOOD, NOTE, BAD) for one in found)


def test_an_interpreter_without_an_engine_is_exit_code_1(monkeypatch, tmp_path, capfd):
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\nexit 3\n")
    bare.chmod(0o755)
    monkeypatch.setenv("HIFI_ENGINE_PYTHON", str(bare))
    assert cli.main(["doctor"]) == 1
    said = capfd.readouterr().out
    assert "ended with exit code 3" in said and "pip install 'hifi-ofx[engine]'" in said
    assert said.splitlines()[-1] == "1 to mend before a render."


def test_an_interpreter_that_is_gone_is_said(monkeypatch):
    monkeypatch.setenv("HIFI_ENGINE_PYTHON", "/no/python")
    (found,) = doctor.of_engine()
    assert found.state == BAD and "/no/python" in found.text


@pytest.mark.parametrize(
    ("version", "python", "state", "said"),
    [
        (__version__, sys.executable, GOOD, ""),
        ("0.0.1", sys.executable, NOTE, f"This is {__version__}."),
        (__version__, "/no/python", BAD, "/no/python is gone"),
    ],
)
def test_what_is_installed_in_a_host_is_of_this_version_and_finds_its_engine(
    monkeypatch, tmp_path, version, python, state, said
):
    monkeypatch.setattr(install, "places", lambda host: [tmp_path])
    monkeypatch.setattr(doctor, "receipt_in", lambda place: Receipt(version, python))
    (found,) = doctor.hosts("nuke")
    assert found.state == state and said in found.line()


def test_a_full_disk_and_a_missing_folder_are_said(monkeypatch, tmp_path):
    assert doctor.disk(tmp_path / "no").state == BAD
    monkeypatch.setattr(doctor, "LEAST_DISK", 10**18)
    assert doctor.disk(tmp_path).state == NOTE


def test_a_check_that_fails_is_a_finding_itself():
    def weights():
        yield Finding("weights", GOOD, "one")
        raise WeightsError("It is another file.", "Install again.")

    def device():
        raise ZeroDivisionError("by what")

    one, other = engine_doctor._caught(weights)
    assert (one.state, other.state, other.text, other.hint) == (
        GOOD, BAD, "It is another file.", "Install again.",
    )  # fmt: skip
    (found,) = engine_doctor._caught(device)
    assert found.state == BAD and "ZeroDivisionError: by what" in found.text


def test_a_library_that_is_missing_is_bad_only_where_nothing_works_without_it(monkeypatch):
    libraries = (("no_such_one", "needed", True), ("no_such_other", "useful", False))
    monkeypatch.setattr(engine_doctor, "LIBRARIES", libraries)
    found = list(engine_doctor.libraries())
    assert of(found, "needed").state == BAD and of(found, "needed").hint
    assert of(found, "useful").state == NOTE


def test_a_cache_that_cannot_be_had_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("HIFI_CACHE", str(tmp_path / "not" / "yet"))
    assert [one.state for one in engine_doctor.cache()] == [GOOD]
    monkeypatch.setattr("engine.inference.cache.made_folder", lambda: None)
    assert [one.state for one in engine_doctor.cache()] == [NOTE]


def test_what_a_library_prints_is_no_finding(monkeypatch, tmp_path):
    chatty = tmp_path / "python"
    said = Finding("x", GOOD, "y")
    chatty.write_text(f"#!/bin/sh\necho hello\necho '{json.dumps(encode(said))}'\n")
    chatty.chmod(0o755)
    monkeypatch.setenv("HIFI_ENGINE_PYTHON", str(chatty))
    assert [one.what for one in doctor.of_engine()] == ["engine", "x"]


def test_the_engine_makes_an_inbetween_that_beats_a_blend():
    (found,) = engine_doctor.inbetween()
    assert found.state == GOOD, found.line()
    assert {one.state for one in engine_doctor.weights()} == {GOOD}
