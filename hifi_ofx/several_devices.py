"""One retime on several devices of a machine: an engine for each, and a range of frames for each.

The engines write into one target and one record, as tasks of a farm do: jobs of the same settings
share a target. Whoever asked sees one render.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Union

from .engine_process import EngineProcess
from .frame_list import runs
from .request import Finished, Log, Plan, Progress, RenderRequest

COPIED = 0.05  # of what an in-between takes, about

Line = Union[Progress, Log, Finished]
Said = Union[Line, BaseException, None]  # None: that engine is done


def engine_for(request: RenderRequest) -> EngineProcess | SeveralDevices:
    """What renders a request: an engine, or one for each of the devices that are named."""
    devices = request.machine.devices
    return EngineProcess() if len(devices) == 1 else SeveralDevices(devices)


class SeveralDevices:
    """An engine for each device, as many of them as there is work for.

    Use as a context manager; raises what `EngineProcess` raises.
    """

    def __init__(self, devices: Sequence[str]) -> None:
        self._devices = devices
        self._stack = ExitStack()
        self._engines = [self._stack.enter_context(EngineProcess())]

    def __enter__(self) -> SeveralDevices:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def plan(self, request: RenderRequest, headers: bool = False) -> Iterator[Log | Plan]:
        """What a render would do and cost on the first device; see `EngineProcess.plan`."""
        return self._engines[0].plan(self._on(request, 0), headers)

    def render(self, request: RenderRequest) -> Iterator[Progress | Log | Finished]:
        """Render; see `EngineProcess.render`.

        Once all frames are there the first engine is asked for the whole retime: it makes what is
        missing, which is nothing, and names or removes what an older retime left behind.
        """
        plan = next(line for line in self.plan(request) if isinstance(line, Plan))
        if plan.standing.foreign and request.overwrite != "all":
            yield from self._engines[0].render(self._on(request, 0))  # which refuses them
            return
        done: list[Finished] = []
        for line in self._shares(request, plan):
            if isinstance(line, Finished):
                done.append(line)
            else:
                yield line
        for line in self._engines[0].render(self._on(request, 0)):
            if isinstance(line, Finished):
                yield _together([*done, replace(line, skipped=0)])
            elif isinstance(line, Log):
                yield line

    def _on(self, request: RenderRequest, number: int) -> RenderRequest:
        device = self._devices[number]
        return replace(request, machine=replace(request.machine, device=device))

    def _shares(self, request: RenderRequest, plan: Plan) -> Iterator[Line]:
        """What the engines say side by side, their progress as one; the first error ends them."""
        said: queue.Queue[tuple[int, Said]] = queue.Queue()
        stop = threading.Event()
        copied = 1.0 if request.output.shutter else COPIED  # a mean takes as long everywhere
        shares = list(enumerate(split(plan.frames, len(self._devices), copied)))
        while len(self._engines) < len(shares):  # a plan needs the first alone
            self._engines.append(self._stack.enter_context(EngineProcess(kept=False)))
        threads = [
            threading.Thread(
                target=self._render,
                args=(number, replace(self._on(request, number), only=share), said, stop),
                daemon=True,
                name=f"render-{self._devices[number]}",
            )
            for number, share in shares
        ]
        try:
            for thread in threads:
                thread.start()
            yield from _merged(said, len(shares), len(plan.frames))
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _render(
        self,
        number: int,
        request: RenderRequest,
        said: queue.Queue[tuple[int, Said]],
        stop: threading.Event,
    ) -> None:
        try:
            for line in self._engines[number].render(request, stop.is_set):
                said.put((number, line))
            said.put((number, None))
        except BaseException as error:
            said.put((number, error))


def split(
    frames: Sequence[tuple[int, int, int, str]], count: int, copied: float = COPIED
) -> list[tuple[int, ...]]:
    """Output frames (output, left, right, fraction) in `count` ranges of about the same work.

    Each as first and last frame of every run in it; fewer ranges where there are fewer frames.
    """
    work = [copied if fraction == "0" else 1.0 for *_, fraction in frames]
    whole, before = sum(work), 0.0
    shares: list[list[int]] = [[] for _ in range(count)]
    for (output, *_), cost in zip(frames, work):
        shares[min(count - 1, int(count * (before + cost / 2) / whole))].append(output)
        before += cost
    spans = [runs(share) for share in shares if share]
    return [tuple(number for span in pairs for number in span) for pairs in spans]


def _merged(said: queue.Queue[tuple[int, Said]], engines: int, frames: int) -> Iterator[Line]:
    """Lines as they come until every engine is done. Raises the first error of any."""
    latest: dict[int, Progress] = {}
    while engines:
        number, line = said.get()
        if line is None:
            engines -= 1
        elif isinstance(line, BaseException):
            raise line
        elif isinstance(line, Progress):
            latest[number] = line
            yield _progress(line.frame, list(latest.values()), frames)
        else:
            yield line


def _progress(frame: int, parts: Sequence[Progress], frames: int) -> Progress:
    """How far a render is whose parts are so far; the slowest says what is left."""
    left = [part.seconds_left for part in parts if part.seconds_left is not None]
    return Progress(
        frame,
        sum(part.frames_done for part in parts),
        frames,
        sum(part.calls_done for part in parts),
        sum(part.calls for part in parts),
        max(part.seconds for part in parts),
        max(left) if left else None,
    )


def _together(parts: Sequence[Finished]) -> Finished:
    """What all parts did, in the time that the longest of them took, and the last one after it."""
    *beside, last = parts
    return Finished(
        made=sum(part.made for part in parts),
        copied=sum(part.copied for part in parts),
        skipped=sum(part.skipped for part in parts),
        seconds=max((part.seconds for part in beside), default=0.0) + last.seconds,
        network_seconds=sum(part.network_seconds for part in parts),
        calls=sum(part.calls for part in parts),
    )
