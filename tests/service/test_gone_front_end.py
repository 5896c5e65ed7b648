"""The engine ends soon after its front end, and stops soon after it is told, whatever it is at."""

import json
import subprocess
import sys
import threading
import time

import pytest

from engine.commands.input import GRACE_SECONDS
from engine.flow import prefetch, search
from engine.flow.estimate import flow_ensemble
from engine.plate.source import ReadAhead
from engine.plate.write_behind import WriteBehind
from hifi_ofx.errors import Cancelled
from hifi_ofx.request import PROTOCOL
from hifi_ofx.waiting import attended
from tests.flow.test_intermediate import pan

LATE = 3.0  # seconds that a loaded machine may take beside
HELLO = json.dumps({"type": "hello", "protocol": PROTOCOL})


def started(before=""):
    """An engine, with some Python run in its process before it serves."""
    code = f"{before}\nimport sys; from engine.__main__ import main; sys.exit(main(['serve']))"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def seconds_to_end(engine):
    """How long the engine lives on when nobody holds its stdin any more."""
    began = time.monotonic()
    try:
        engine.communicate(timeout=60)
    finally:
        engine.kill()
    return time.monotonic() - began


@pytest.mark.parametrize("seconds", [0.0, 0.4])
def test_it_ends_while_it_starts(seconds):
    engine = started()
    time.sleep(seconds)
    assert seconds_to_end(engine) < GRACE_SECONDS + LATE


ENDLESS = "import time; endless = lambda *a, **k: time.sleep(600)\n"
STUCK = {
    "an import": "import sys; sys.modules['torch'] = None\n"
    "class Finder:\n"
    "    def find_spec(self, name, path=None, target=None):\n"
    "        if name == 'engine.commands.serve': endless()\n"
    "sys.meta_path.insert(0, Finder())",
    "reading weights": "import engine.inference.model_cache as m; m.sha256 = endless",
    "reading a plate": "import engine.plate.source as m; m.read_frame = endless",
    "the motion search": "import engine.flow.search as m; m.dense = endless",
    "the network": "import engine.inference.motion_estimator as m; m.view_flows = endless",
    "writing": "import engine.plate.exr_output as m; m._write_with_oiio = endless",
}


def asked(engine, request_for):
    """Ask the engine for a retime, and give it the time to come to where it stays."""
    request = request_for(weights="motion").to_json()
    request["quality"]["motion"] = "both"
    render = {"type": "render", "id": "7", "request": request}
    engine.stdin.write(f"{HELLO}\n{json.dumps(render)}\n")
    engine.stdin.flush()
    time.sleep(0.3)


@pytest.mark.parametrize("stuck", STUCK)
def test_it_ends_in_the_middle_of_what_does_not_yield(stuck, request_for):
    engine = started(ENDLESS + STUCK[stuck])
    asked(engine, request_for)
    if stuck != "an import":
        assert json.loads(engine.stdout.readline())["type"] == "hello"
        time.sleep(0.7)
    assert engine.poll() is None
    assert seconds_to_end(engine) < GRACE_SECONDS + LATE


@pytest.mark.parametrize("stuck", ["reading weights", "the motion search", "writing"])
def test_a_cancel_is_answered_in_the_middle_of_what_does_not_yield(stuck, request_for):
    engine = started(ENDLESS + STUCK[stuck])
    too_late = threading.Timer(60, engine.kill)  # else its answer would be waited for forever
    too_late.start()
    try:
        asked(engine, request_for)
        assert json.loads(engine.stdout.readline())["type"] == "hello"
        time.sleep(0.7)
        began = time.monotonic()
        engine.stdin.write('{"type": "cancel", "id": "7"}\n')
        engine.stdin.flush()
        said = {"type": "progress"}
        while said["type"] in ("progress", "log"):
            said = json.loads(engine.stdout.readline())
        assert said["error"]["kind"] == "Cancelled" and said["id"] == "7"
        assert time.monotonic() - began < GRACE_SECONDS + LATE
    finally:
        too_late.cancel()
        engine.kill()
        engine.communicate()


class Wish:
    """A wish to stop that comes at the n-th look."""

    def __init__(self, at):
        self.at, self.looks = at, 0

    def __call__(self):
        self.looks += 1
        if self.looks >= self.at:
            raise Cancelled("Enough.")


NEVER = 1 << 60


def test_whoever_waits_looks():
    """Behind each wait is a thread that does not come back before the test ends."""
    end = threading.Event()
    try:
        with pytest.raises(Cancelled):
            attended(end.wait, Wish(3))
        with pytest.raises(Cancelled), ReadAhead(lambda frame: end.wait(), Wish(3)) as reads:
            reads.get(1)
        with pytest.raises(Cancelled), WriteBehind(Wish(3)) as writes:
            for _ in range(3):
                writes.submit(end.wait)
        with pytest.raises(Cancelled), WriteBehind(Wish(3)) as writes:
            writes.submit(end.wait)

        def never_read():
            end.wait()
            yield

        with pytest.raises(Cancelled):
            prefetch.Prefetch(never_read, 1).of(b"", Wish(3))
    finally:
        end.set()


def pictures():
    first, _, second = pan(8, -4, 0.5, 64, 80)
    return [
        (image[0].permute(1, 2, 0) * 60).byte().contiguous().numpy() for image in (first, second)
    ]


def test_the_search_looks_at_every_step():
    first, second = pictures()
    wish = Wish(NEVER)
    search.motions(first, second, check=wish)
    rows = 2 * len(search.CELLS) * (2 * search.RADIUS + 1)
    assert wish.looks >= rows + 2 * (1 + 1 + len(search.CELLS) + 1)
    for at in (1, wish.looks // 2, wish.looks):
        with pytest.raises(Cancelled):
            search.motions(first, second, check=Wish(at))


def test_a_search_that_is_given_up_leaves_the_threads_as_they_were():
    import cv2

    before = cv2.getNumThreads()
    first, second = pictures()
    with pytest.raises(Cancelled):
        search.motions(first, second, check=Wish(5))
    assert cv2.getNumThreads() == before


def test_a_search_that_is_looked_after_finds_the_same():
    first, _, second = pan(8, -4, 0.5, 64, 80)
    plain = flow_ensemble(first, second, 2)
    looked_after = flow_ensemble(first, second, 2, Wish(NEVER))
    assert all((one == other).all() for one, other in zip(plain, looked_after, strict=True))
