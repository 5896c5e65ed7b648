"""A wish to frames on disk: look where the input comes from, write it out, have the rest rendered.

`make` runs on a worker thread in the interface and on the main thread in a terminal; `main` is its
way to Nuke's main thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import nuke

from hifi_ofx.errors import HifiError
from hifi_ofx.request import Finished, Log, Progress

from . import bake, cleaning, folders, record, result, upstream
from .display import Bar, Display, Lines, progress_text
from .job import Job, Wish, describe
from .outcome import Done, Outcome
from .session import Said, session
from .threads import Gone, ToMain, directly, from_worker, in_slices

_POLL = 0.5  # seconds, within which frames that have come are seen


Task = Callable[["Running", ToMain, Display], Done]


class Running:
    """A render under way: its wish, and its job as soon as that is known."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.job: Job | None = None


def start(wish: Wish) -> None:
    """Render in the background. Main thread; returns at once. InvalidSetting while it renders."""
    begin(wish, make, "Rendering …")


def begin(wish: Wish, task: Task, words: str) -> None:
    """Work for a node on a thread of its own. Main thread. InvalidSetting while it is at work."""
    stop = session().begin(wish.identity, wish.name)
    result.say(wish.node, words)
    name = f"hifi {wish.name}"
    threading.Thread(target=_work, args=(wish, task, stop), name=name, daemon=True).start()


def now(wish: Wish) -> Done:
    """Render and wait, in a terminal. Main thread. Raises HifiError."""
    running = Running(wish)
    done = make(running, directly, Lines(wish.name))
    assert running.job is not None
    result.look_again(running.job)
    return done


def make(running: Running, main: ToMain, display: Display) -> Done:
    """Bring the frames up to date. Raises HifiError; frames finished by then stay."""
    limit = main(cleaning.limit_of, running.wish)
    job = looked(running, main, display)
    baked = written_out(job, main, display)
    if not job.source.signature:  # what was written decides, and nobody knew it before
        job = running.job = running.wish.job(job.source)
    make_folder(job)
    missing = job.missing()
    taken = folders.take_equal(job.cache, job.keys(missing), _elsewhere(job)) if missing else []
    main(result.show, job)
    missing = [frame for frame in missing if frame not in taken]
    if not missing:
        return Done(baked, None)
    done = _rendered(job, missing, main, display, baked)
    note = cleaning.keep_limit(job.cache, *limit)
    return replace(done, warnings=(*done.warnings, note)) if note else done


def looked(running: Running, main: ToMain, display: Display) -> Job:
    """Where the source frames come from: the wish becomes a job."""
    display.show("Looking at the input", 0.0)
    wish = running.wish
    try:
        source = in_slices(main, main(upstream.looking, wish.node, wish.timing.span))
    except ValueError as error:  # a node of the comp went meanwhile
        raise HifiError("The comp changed while it was looked at.", "Press it again.") from error
    running.job = wish.job(source)
    nuke.tprint(f"[hifi] {wish.name}: {describe(source)}")
    return running.job


def written_out(job: Job, main: ToMain, display: Display) -> int:
    """Bake the source frames of the job that are not there as the input is now. Returns how many.

    Those of a script that was saved elsewhere since are taken along.
    """
    frames = bake.outdated(job)
    if frames and job.source.signature:
        bake.make_folder(job)
        folders.take_sources(job.cache, frames, _elsewhere(job))
        frames = bake.outdated(job)
    if frames:
        bake.write(job, frames, main, display)
    return len(frames)


def make_folder(job: Job) -> None:
    """Make the folder of a job's result, and say in it what it is."""
    folders.make(
        job.cache, job.cache.folder, script=job.wish.script, node=job.name, version=job.version,
        kind="preview" if job.wish.is_preview else "result", source=job.cache.source_name,
        plate=job.request.source, signature=job.signature,
    )  # fmt: skip


def _elsewhere(job: Job) -> list[Path]:
    """Other cache folders that may have frames of this node: where it was saved before."""
    shown = job.wish.shown.folder
    return [Path(shown).parent] if shown else []


def _rendered(job: Job, missing: list[int], main: ToMain, display: Display, baked: int) -> Done:
    display.show("Waiting for the engine", 0.0)
    finished, warnings, seen = Finished(0, 0, 0, 0.0, 0.0, 0), [], time.monotonic()
    with _recording(job, missing):
        for said in _said(job, missing, display):
            if isinstance(said, Progress):
                display.show(progress_text(said), said.calls_done / max(1, said.calls))
                if main is from_worker and time.monotonic() - seen > _POLL:
                    seen = time.monotonic()
                    nuke.executeInMainThread(result.look_again, args=(job,))
            elif isinstance(said, Log):
                nuke.tprint(f"[hifi] {job.name}: {said.text}")
                warnings += [said.text] if said.level.lower() == "warning" else []
            else:
                finished = _both(finished, said)
    there = Finished(0, 0, len(job.wish.plan.frames) - len(missing), 0.0, 0.0, 0)
    return Done(
        baked, _both(finished, there), tuple(dict.fromkeys(warnings)),
        is_preview=job.wish.is_preview,
    )  # fmt: skip


def _said(job: Job, missing: list[int], display: Display) -> Iterator[Said]:
    for request in job.requests(missing):
        display.check()
        yield from session().render(request, display.cancelled)


def _both(one: Finished, other: Finished) -> Finished:
    """Two renders as one."""
    first, second = vars(one), vars(other)
    return Finished(**{name: first[name] + second[name] for name in first})


@contextmanager
def _recording(job: Job, missing: list[int]) -> Iterator[None]:
    """Record what the frames were made of, also when the render stops in the middle."""
    keys = job.keys(missing)
    try:
        yield
    finally:
        there = set(missing).difference(job.missing())
        record.add(job.cache.record, {frame: keys[frame] for frame in sorted(there)})


def _work(wish: Wish, task: Task, stop: threading.Event) -> None:
    """The worker thread. Whatever ends it, the node hears of it."""
    display, running = Bar(wish.name, stop), Running(wish)
    outcome: Outcome
    try:
        outcome = task(running, from_worker, display)
    except HifiError as error:
        outcome = error
    except Exception as error:  # a thread that died in silence would leave the node "rendering"
        outcome = HifiError(f"The render failed: {error!r}.", "Please report this.")
    finally:
        display.close()
        session().end(wish.identity)
    if not isinstance(outcome, Gone):
        nuke.executeInMainThread(result.finish, args=(wish, running.job, outcome))


def task(job_task: Callable[[Job, ToMain, Display], Done]) -> Task:
    """A task for a job, which is found out first."""
    return partial(_with_job, job_task)


def _with_job(
    job_task: Callable[[Job, ToMain, Display], Done],
    running: Running,
    main: ToMain,
    display: Display,
) -> Done:
    return job_task(looked(running, main, display), main, display)
