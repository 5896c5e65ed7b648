"""Whatever Resolve refuses, and wherever it lies, the project is as it was or the clip is right."""

import copy

import pytest

from hifi_ofx.errors import HifiError
from tests.resolve.conftest import picture, slowed
from tests.resolve_host.build import edit


def calls_of_a_good_run(folder):
    host, _ = edit(folder)
    slowed(host, folder)
    return host.calls


@pytest.fixture(scope="session")
def good_calls(tmp_path_factory):
    from hifi_resolve import deliver, restore

    deliver.POLL = restore.PAUSE = 0
    return calls_of_a_good_run(tmp_path_factory.mktemp("good"))


def check_nothing_is_left(folder, call, times, how):
    """Run with a fault; the project is as it was, or the slow-motion clip is whole."""
    host, item = edit(folder)
    before, original = picture(host), copy.deepcopy(item)
    host.break_call(call, times, how)
    try:
        done, placed = slowed(host, folder)
    except HifiError as error:
        assert picture(host) == before, error
        assert not list((folder / "out").rglob("source*.exr"))
        return
    assert item == original
    assert (placed.start, placed.duration, done.frames) == (item.start, 8, 8)
    after = picture(host)
    for entry in ("page", "current_bin", "current_timeline", "deliver", "selected"):
        assert after[entry] == before[entry]
    assert [t["name"] for t in after["timelines"]] == ["Edit"]


def test_one_call_of_each_kind_refused(tmp_path, good_calls):
    for number, call in enumerate(sorted(set(good_calls))):
        folder = tmp_path / str(number)
        folder.mkdir()
        check_nothing_is_left(folder, call, (1,), "refuse")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["refuse", "lie"])
def test_every_single_call(tmp_path, good_calls, how):
    counted = {}
    for call in good_calls:
        counted[call] = counted.get(call, 0) + 1
        folder = tmp_path / f"{call}-{counted[call]}"
        folder.mkdir()
        check_nothing_is_left(folder, call, (counted[call],), how)
