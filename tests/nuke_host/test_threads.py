"""Who may touch Nuke, and what hangs it."""

import threading
import time

import pytest

from tests.nuke_host import Refused, session, threads


def in_worker(call):
    """Run in a thread; its result or exception."""
    found = []

    def run():
        try:
            found.append(call())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found


@pytest.mark.parametrize(
    "text",
    [
        "nuke.root()",
        "node.name()",
        "node['label'].value()",
        "node['label']",
        "nuke.nodes.NoOp()",
        "nuke.Int_Knob('a')",
        "nuke.execute('Write1', 1, 1)",
        "nuke.message('a')",
        "node.begin()",
        "nuke.addOnCreate(print)",
        "nuke.menu('Nuke')",
        "nuke.FrameRanges('1-2')",
    ],
)
def test_a_worker_may_not_touch_nuke(text):
    with session(expect_refusals=True) as host:
        import nuke

        node = nuke.nodes.Group()
        thread, found = in_worker(lambda: eval(text, {"nuke": nuke, "node": node}))
        thread.join()
        assert isinstance(found[0], Refused) and "only the main thread" in str(found[0])
        assert len(host.refusals) == 1


def test_a_swallowed_misuse_in_a_worker_fails_the_test():
    with pytest.raises(AssertionError, match="only the main thread"), session():
        import nuke

        in_worker(nuke.root)[0].join()


def test_execute_in_main_thread_returns_nothing_and_runs_later():
    with session() as host:
        import nuke

        seen = []
        thread, found = in_worker(lambda: nuke.executeInMainThread(seen.append, (1,)))
        thread.join()
        assert found == [None] and seen == []
        host.pump()
        assert seen == [1]


def test_with_result_waits_for_the_main_loop():
    with session() as host:
        import nuke

        call = lambda: nuke.executeInMainThreadWithResult(  # noqa: E731
            call=lambda name, **more: nuke.nodes.NoOp(name=name).name(), args="Wanted1", kwargs={}
        )
        thread, found = in_worker(call)
        time.sleep(0.05)
        assert thread.is_alive()
        host.pump(lambda: not thread.is_alive())
        assert found == ["Wanted1"]


def test_an_exception_is_printed_and_gives_none(capsys):
    with session() as host:
        import nuke

        thread, found = in_worker(lambda: nuke.executeInMainThreadWithResult(int, "no number"))
        host.pump(lambda: not thread.is_alive())
        assert found == [None]
        assert "invalid literal" in capsys.readouterr().err
        assert isinstance(host.host.threads.errors[0], ValueError)


def test_with_result_from_the_main_thread_hangs():
    with session(expect_refusals=True):
        import nuke

        with pytest.raises(Refused, match="hangs"):
            nuke.executeInMainThreadWithResult(int)


def test_in_terminal_mode_nothing_runs_the_queue():
    with session("-t", expect_refusals=True) as host:
        import nuke

        thread, found = in_worker(lambda: nuke.executeInMainThreadWithResult(int))
        thread.join()
        assert "forever" in str(found[0])
        nuke.executeInMainThread(int)
        assert host.pump() == 0
    assert "never ran" in host.refusals[-1]


def test_a_modal_from_the_queue_freezes():
    with session(expect_refusals=True) as host:
        import nuke

        nuke.message("fine")
        nuke.executeInMainThread(nuke.message, "frozen")
        host.pump()
        assert host.shown.messages == ["fine"]
        assert "freezes" in host.refusals[0]


def test_questions_need_an_answer():
    with session(expect_refusals=True) as host:
        import nuke

        host.answer("Overwrite", True)
        assert nuke.ask("Overwrite 10 frames?") is True
        with pytest.raises(Refused, match="nobody expected"):
            nuke.ask("Format the disk?")


def test_a_progress_bar_lives_on_a_worker_and_can_be_cancelled():
    with session() as host:
        import nuke

        host.cancel_when(lambda bar: bar.values and bar.values[-1] >= 30)

        def work():
            task = nuke.ProgressTask("Retiming")
            for percent in range(0, 101, 10):
                if task.isCancelled():
                    return percent
                task.setMessage(f"{percent} %")
                task.setProgress(percent)

        thread, found = in_worker(work)
        host.pump(lambda: not thread.is_alive())
        (bar,) = host.shown.progress
        assert found == [40] and bar.values == [0, 10, 20, 30] and bar.title == "Retiming"
        assert not bar.open and bar.messages[-1] == "30 %"


def test_a_condition_that_never_comes_true_fails():
    with session() as host, pytest.raises(AssertionError, match="Nothing happened"):
        host.pump(lambda: False, timeout=0.02)


def test_late_calls_after_the_session_are_refused():
    with session():
        import nuke

        node = nuke.nodes.NoOp()
    with pytest.raises(Refused, match="quit"):
        node.name()
    with pytest.raises(Refused, match="quit"):
        nuke.root()


def test_a_main_thread_that_waits_for_its_worker_is_found(monkeypatch):
    monkeypatch.setattr(threads, "PATIENCE", 0.1)
    with session(expect_refusals=True) as host:
        import nuke

        thread, found = in_worker(lambda: nuke.executeInMainThreadWithResult(int))
        thread.join()  # what a shim must not do on the main thread
        assert "Nuke hangs" in str(found[0])
        assert len(host.refusals) == 1


def test_a_thread_that_outlives_nuke_has_to_be_a_daemon():
    stop = threading.Event()
    with pytest.raises(AssertionError, match="quitting: forever"), session():
        threading.Thread(target=stop.wait, name="forever").start()
        threading.Thread(target=stop.wait, daemon=True).start()
    stop.set()


def test_how_long_the_interface_was_held_up():
    with session() as host:
        import nuke

        node = nuke.nodes.NoOp()
        node.addKnob(nuke.PyScript_Knob("go", "Go", "import time; time.sleep(0.05)"))
        assert host.longest_block == 0
        host.press(node, "go")
        assert 0.05 <= host.longest_block < 5
