"""Messages that no front end sends: each gets an answer, in words, and the next one does, too."""

import copy
import io
import json
import os
import threading
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.commands.serve import Service
from hifi_ofx.codec import json_value
from hifi_ofx.live import Interpolate, Picture
from hifi_ofx.preview import PreviewRequest
from hifi_ofx.quality import Machine, Quality
from hifi_ofx.request import PROTOCOL, RenderRequest
from hifi_ofx.retime import Retime
from tests.service.conftest import write_exr

import numpy as np  # isort: skip

SECONDS = 15.0  # in which a message is answered: 5 where nothing else runs
HOSTILE = (
    None, True, False, -1, 0, 1, 2, 10**9, 10**30, -(10**30), 0.5, 1e30, -1e308, float("nan"),
    float("inf"), "", " ", "0", "1/0", "-1/3", "nan", "1e99", "9" * 5000, "x" * 3000, "\0",
    "\ud800",
       "nowhere/a.####.exr", "a.####.mov", "%d%d.exr", "*=blend", "####",
    [], {}, [[]], [None], [1, 2], [1e30, 1e30], {"a": {}}, ["R"] * 3, ["R", "R", "G", "é"],
)  # fmt: skip


class Answers(io.StringIO):
    """Where the service writes; it can be waited for the last word on a request."""

    def __init__(self):
        super().__init__()
        self.final, self.came = {}, threading.Condition()

    def write(self, text):
        said = json.loads(text)
        if said["type"] in ("finished", "failed"):
            with self.came:
                self.final[said["id"]] = said
                self.came.notify_all()
        return len(text)

    def of(self, request):
        with self.came:
            assert self.came.wait_for(lambda: request in self.final, SECONDS), f"hangs: {request}"
            return self.final.pop(request)


def requests(folder):
    """One sound request of each kind, for a plate that is there."""
    for index in range(3):
        pixels = np.zeros((16, 24, 3), np.float32)
        pixels[4:12, 4 + 4 * index : 10 + 4 * index] = 0.5
        write_exr(folder / f"plate.{1 + index}.exr", pixels)
    np.zeros((8, 8, 4), np.float32).tofile(folder / "left.raw")
    np.ones((8, 8, 4), np.float32).tofile(folder / "right.raw")
    quality = Quality(samples=1, patch=(32, 32), cascade_depth=1)
    render = RenderRequest(
        source=f"{folder}/plate.####.exr".replace("####", "#"),
        target=f"{folder}/out/slow.####.exr",
        retime=Retime(speed=Fraction(1, 2)),
        quality=quality,
        machine=Machine(device="cpu"),
    )
    picture = Picture(str(folder / "left.raw"), 8, 8)
    live = Interpolate(
        picture, Picture(str(folder / "right.raw"), 8, 8), str(folder / "made.raw"),
        Fraction(1, 3), 1, (1, 2), quality, machine=Machine(device="cpu"),
    )  # fmt: skip
    return [
        {"type": "render", "request": render.to_json()},
        {"type": "plan", "request": render.to_json()},
        {"type": "preview", **PreviewRequest(render, str(folder)).to_json()},
        {"type": "interpolate", "request": live.to_json()},
        {"type": "info"},
    ]


def places(value, path=()):
    """Where in a message another value can stand."""
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in entries:
        yield from (
            places(entry, (*path, key)) if isinstance(entry, (dict, list)) else [(*path, key)]
        )


def mutated(message, chance):
    """The message with one to three values replaced, removed, or beside others."""
    changed = copy.deepcopy(message)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        path = chance.choice([path for path in places(changed) if path] or [("type",)])
        holder = changed
        for key in path[:-1]:
            holder = holder[key]
        what = chance.random()
        if what < 0.1 and isinstance(holder, dict):
            holder.pop(path[-1], None)
        elif what < 0.2 and isinstance(holder, dict):
            holder[chance.choice(("more", "", "type", "request"))] = copy.deepcopy(
                chance.choice(HOSTILE)
            )
        else:
            holder[path[-1]] = copy.deepcopy(chance.choice(HOSTILE))
    return changed


def converse(folder, count, seed):
    """Send so many messages, each when the one before it was answered; the answers, by kind."""
    chance, answers, said = Random(seed), Answers(), {}
    sound = requests(folder)

    def lines():
        yield json.dumps({"type": "hello", "protocol": PROTOCOL})
        for number in range(count):
            message = mutated(chance.choice(sound), chance)
            if message.get("type") in ("shutdown", "cancel"):
                continue
            message["id"] = number
            yield json.dumps(message)
            wanted = str(number) if isinstance(message.get("type"), str) else ""
            answer = answers.of(wanted)
            words = answer.get("error", {}).get("message", "")
            assert not words.startswith("hifi-ofx failed"), (message, words)
            said[answer["type"]] = said.get(answer["type"], 0) + 1

    caught = []

    def watched():
        try:
            yield from lines()
        except BaseException as error:  # of the test itself
            caught.append(error)

    assert Service(answers).run(watched()) == 0
    if caught:
        raise caught[0]
    return said


@pytest.fixture(autouse=True)
def contained(tmp_path, monkeypatch):
    """No hostile value is an absolute path; a relative one leads into the test's own folder."""
    monkeypatch.chdir(tmp_path)
    assert not any(isinstance(value, str) and value.startswith(("/", "..")) for value in HOSTILE)


def test_hostile_messages_are_answered_in_words(tmp_path):
    said = converse(tmp_path, 300, seed=1)
    assert said["failed"] > 100 and said["finished"] > 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_many_hostile_messages_are_answered_in_words(seed, tmp_path):
    converse(tmp_path, 10_000, seed=100 + seed)


def failures(lines):
    """What a service that is greeted first says to lines that are no messages."""
    answers = io.StringIO()
    Service(answers).run([json.dumps({"type": "hello", "protocol": PROTOCOL}), *lines])
    said = [json.loads(line) for line in answers.getvalue().splitlines()]
    return [one["error"] for one in said if one["type"] == "failed"]


@settings(max_examples=200)
@given(
    st.lists(st.one_of(st.text(), st.binary().map(lambda data: data.decode("latin-1"))), max_size=4)
)
def test_lines_that_are_no_messages_get_a_sentence_each(lines):
    errors = failures(line.replace("\n", " ") for line in lines)
    assert all(error["kind"] in ("EngineError", "Cancelled") for error in errors)


def test_the_folder_of_a_program_is_gone_to(tmp_path, monkeypatch):
    """Of several that speak to one engine, each has its own; where it is gone nobody else's is."""
    monkeypatch.chdir(tmp_path)  # which brings the tests back
    (tmp_path / "one").mkdir()
    for path, there in ((tmp_path / "one", tmp_path / "one"), (tmp_path / "away", os.sep)):
        lines = [{"type": "hello", "protocol": PROTOCOL}, {"type": "folder", "path": str(path)}]
        assert Service(Answers()).run(map(json.dumps, lines)) == 0
        assert os.path.samefile(os.getcwd(), there)


@pytest.mark.parametrize("depth", [40, 900, 100_000])
@pytest.mark.parametrize("text", ["[", '{"type":', '{"type": "render", "request": '])
def test_json_that_is_nested_too_deeply_is_no_message(text, depth):
    closed = {"[": "]", "{": "}"}[text[0]]
    for line in (text * depth, f"{text * depth}0{closed * depth}"):
        (error,) = failures([line])
        assert error["message"].startswith("A line is not a message")


def test_what_we_say_ourselves_is_not_too_deep(tmp_path):
    for message in requests(tmp_path):
        assert json_value(json.dumps(message)) == message
