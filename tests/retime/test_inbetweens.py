"""One way to an in-between, whoever asks: what is decided, by which noise, what is kept."""

import contextlib
import logging
import threading
from fractions import Fraction

import numpy as np
import pytest
import torch

from engine.inference.interpolator import InBetween, StagePlan, Work
from engine.memory.bounded_cache import BoundedCache
from engine.plate.frame import Frame, Part, Window
from engine.retime.inbetweens import Clip, FrameCache, Inbetweens
from engine.retime.progress import Meter
from hifi_ofx.errors import Cancelled
from hifi_ofx.quality import Footage, Output, Quality
from hifi_ofx.retime import PlannedFrame

HEIGHT, WIDTH = 48, 64
BETWEEN = PlannedFrame(7, 1, 2, Fraction(3, 10))


class Network:
    """Says the mean of both, in as many network calls as told, and writes down what it is asked."""

    def __init__(self, knows_fractions=True, calls=1):
        self.knows_fractions, self.tasks, self.calls = knows_fractions, [], calls
        self.device = torch.device("cpu")
        self.before_call = lambda: None

    def work(self, quality, size):
        return Work(self.calls, 1, 0, 0, 0.0, (StagePlan(size, (), 1),), 0, "mean")

    @contextlib.contextmanager
    def telling(self, before_call, check):
        self.before_call = before_call
        yield
        self.before_call = lambda: None

    def interpolate(self, first, second, fraction, task, motion):
        self.tasks.append(task)
        for _ in range(self.calls):
            self.before_call()
        return InBetween((first + second) / 2)


def frame(number):
    """Noise that is its own: two of them are a cut."""
    planes = np.random.default_rng(number).random((3, HEIGHT, WIDTH), np.float32) ** number
    window = Window(0, 0, WIDTH, HEIGHT)
    types = dict.fromkeys("RGB", np.dtype(np.float32))
    part = Part(("R", "G", "B"), types, window, window, planes=dict(zip("RGB", planes)))
    return Frame((part,), "openexr")


@pytest.fixture
def reads():
    return []


@pytest.fixture
def make(reads):
    def read(number):
        reads.append(number)
        return frame(number)

    def service(network=None, cuts="ignore", cache=None, version=0, cancelled=None, **changes):
        reports = []
        meter = Meter(reports.append, cancelled or threading.Event())
        made = Inbetweens(
            Clip((1, 2, 4), lambda number: (number, version), read),
            network or Network(),
            Quality(steps=1, samples=1, patch=(32, 32), cascade_depth=1),
            Output(**changes),
            Footage(cuts=cuts),
            meter,
            cache or FrameCache(),
        )
        return made, reports

    return service


def test_fractions_become_halvings_for_weights_that_know_only_the_middle(make):
    assert make()[0].resolve(BETWEEN) == BETWEEN
    assert make(Network(knows_fractions=False))[0].resolve(BETWEEN).fraction == Fraction(1, 4)


@pytest.mark.parametrize(("knows", "key"), [(True, "7"), (False, "1 2")])
def test_noise_belongs_to_the_output_frame_or_to_the_pair(make, knows, key):
    service, _ = make(Network(knows))
    service.make_one(frame(1), frame(2), service.resolve(BETWEEN))
    assert [task.key for task in service.interpolator.tasks] == [key]


def test_a_cut_gives_the_nearer_frame_and_says_so(make, caplog):
    service, _ = make(cuts="nearest")
    with caplog.at_level(logging.INFO):
        found = service.resolve(BETWEEN)
    assert (found.left, found.fraction) == (1, 0)
    assert ["are a cut" in line for line in caplog.messages] == [True]


def test_a_missing_frame_has_no_signature_and_decides_nothing(make, reads):
    planned = PlannedFrame(7, 2, 3, Fraction(1, 2))
    assert make(cuts="nearest")[0].resolve(planned) == planned
    assert reads == [2]


def test_frames_and_signatures_are_kept_for_the_next_request(make, reads):
    cache = FrameCache()
    for _ in range(2):
        service, _ = make(cuts="nearest", cache=cache)
        service.resolve(BETWEEN)
        service.frame(2)
    assert sorted(reads) == [1, 2]
    make(cache=cache, version=1)[0].frame(2)
    assert sorted(reads) == [1, 2, 2]
    cache.clear()
    make(cache=cache)[0].frame(1)
    assert sorted(reads) == [1, 1, 2, 2]


def test_signatures_outlive_frames_that_are_not_kept(make, reads):
    cache = FrameCache(frames=BoundedCache(0))
    for _ in range(2):
        make(cuts="nearest", cache=cache)[0].resolve(BETWEEN)
    assert sorted(reads) == [1, 2]


def test_what_the_network_says_is_heard_layer_by_layer(make):
    heard, (service, _) = [], make(layers="*=synthesize")
    service.make_one(frame(1), frame(2), BETWEEN, heard.append)
    assert [middle.image.shape for middle in heard] == [(3, HEIGHT, WIDTH)]
    blended, _ = make(layers="*=blend")
    made = blended.make_one(frame(1), frame(2), BETWEEN, heard.append)
    assert len(heard) == 1
    mixed = 0.7 * frame(1).parts[0].planes["G"] + 0.3 * frame(2).parts[0].planes["G"]
    np.testing.assert_allclose(made.parts[0].planes["G"], mixed, rtol=1e-6)


def test_calls_are_counted_against_those_that_were_announced(make):
    service, reports = make(Network(calls=3))
    calls = service.calls(frame(1))
    service.make_one(frame(1), frame(2), BETWEEN)
    assert calls == 3
    assert [report.calls_done for report in reports] == list(range(calls + 1))
    assert {report.calls for report in reports} == {calls}
    service.interpolator.before_call()
    assert service.meter.calls == calls  # later calls are somebody else's


def test_a_cancel_stops_at_the_next_network_call(make):
    cancelled = threading.Event()
    service, reports = make(Network(calls=3), cancelled=cancelled)
    service.meter.report = lambda report: report.calls_done == 2 and cancelled.set()
    with pytest.raises(Cancelled):
        service.make_one(frame(1), frame(2), BETWEEN)
    assert service.meter.calls == 2
    assert reports == []
