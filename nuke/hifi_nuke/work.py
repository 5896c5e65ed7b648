"""A job to frames on disk: bake what is outdated, let the engine make what is stale, record it.

`make` runs on a worker thread in the interface and on the main thread in a terminal; `main` is its
way to Nuke's main thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Union

import nuke

from hifi_ofx.errors import HifiError
from hifi_ofx.request import Finished, Log, Progress
from hifi_ofx.terminal import duration

from . import bake, identity, result
from .display import Bar, Display, Lines, progress_text
from .job import Job, describe
from .session import Said, session
from .threads import Gone, ToMain, directly, from_worker
from .upstream import Bake


@dataclass(frozen=True)
class Done:
    """What a render did, and what the engine warned of."""

    baked: int
    finished: Finished | None
    warnings: tuple[str, ...] = ()
    words: str = "Every frame was there already."
    is_render: bool = True

    def __str__(self) -> str:
        if self.finished is None:
            return self.words
        one = self.finished
        return (
            f"{one.made} in-betweens made, {one.copied} frames copied, {one.skipped} were there "
            f"already; {duration(one.seconds)}."
        )


Outcome = Union[Done, HifiError]
Task = Callable[[ToMain, Display], Done]


def start(job: Job) -> None:
    """Render in the background. Main thread; returns at once. InvalidSetting while it renders."""
    begin(job, partial(make, job), "Rendering …")


def begin(job: Job, task: Task, words: str) -> None:
    """Work for a node on a thread of its own. Main thread. InvalidSetting while it is at work."""
    stop = session().begin(job.identity, job.name)
    result.say(job.node, words)
    name = f"hifi {job.name}"
    threading.Thread(target=_work, args=(job, task, stop), name=name, daemon=True).start()


def now(job: Job) -> Done:
    """Render and wait, in a terminal. Main thread. Raises HifiError."""
    done = make(job, directly, Lines(job.name))
    result.load(job)
    return done


def make(job: Job, main: ToMain, display: Display) -> Done:
    """Bring the job's frames up to date. Raises HifiError; frames finished by then stay."""
    baked = written_out(job, main, display)
    identity.make_folder(job.cache)
    stale = [one.output for one in job.plan.frames] if job.is_preview else job.stale()
    if not stale:
        return Done(baked, None)
    return _rendered(job, display, baked)


def written_out(job: Job, main: ToMain, display: Display) -> int:
    """Bake the source frames of the job that are not as the input is now. Returns how many.

    A node whose cache moves takes along what it has.
    """
    if job.earlier is not None:
        display.show("Taking the frames along", 0.0)
        identity.seed(job.earlier, job.cache, may_copy=True)
    frames = to_bake(job)
    if frames and isinstance(job.source, Bake):
        bake.write(job.node, job.source, job.cache, frames, main, display)
    return len(frames)


def to_bake(job: Job) -> list[int]:
    """The source frames of the job that have to be written out first."""
    if not isinstance(job.source, Bake) or not job.plan.frames:
        return []
    return bake.outdated(job.source, job.cache, job.sources())


def _rendered(job: Job, display: Display, baked: int) -> Done:
    display.show("Waiting for the engine", 0.0)
    finished, warnings = None, []
    with _recording(job):
        for said in _said(job, display):
            if isinstance(said, Progress):
                display.show(progress_text(said), said.calls_done / max(1, said.calls))
            elif isinstance(said, Log):
                nuke.tprint(f"[hifi] {job.name}: {said.text}")
                warnings += [said.text] if said.level.lower() == "warning" else []
            else:
                finished = said if finished is None else _both(finished, said)
    return Done(baked, finished, tuple(dict.fromkeys(warnings)))


def _said(job: Job, display: Display) -> Iterator[Said]:
    for request in job.requests():
        display.check()
        yield from session().render(request, display.cancelled)


def _both(one: Finished, other: Finished) -> Finished:
    """Two renders as one."""
    first, second = vars(one), vars(other)
    return Finished(**{name: first[name] + second[name] for name in first})


@contextmanager
def _recording(job: Job) -> Iterator[None]:
    """Record the frames when the engine has said that all are there."""
    keys = {} if job.is_preview else job.keys(one.output for one in job.plan.frames)
    yield
    if keys:
        result.remember(job, keys)


def _work(job: Job, task: Task, stop: threading.Event) -> None:
    """The worker thread. Whatever ends it, the node hears of it."""
    display = Bar(job.name, stop)
    outcome: Outcome
    try:
        outcome = task(from_worker, display)
    except HifiError as error:
        outcome = error
    except Exception as error:  # a thread that died in silence would leave the node "rendering"
        outcome = HifiError(f"The render failed: {error!r}.", "Please report this.")
    finally:
        display.close()
        session().end(job.identity)
    if not isinstance(outcome, Gone):
        nuke.executeInMainThread(result.finish, args=(job, outcome))


def log_source(job: Job) -> None:
    """Say in the log where the source frames come from."""
    nuke.tprint(f"[hifi] {job.name}: {describe(job.source)}")
