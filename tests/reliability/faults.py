"""The faults: each a name, the phase it strikes in, and a run that it struck."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from tests.reliability.running import Run
from tests.reliability.workspace import Workspace

Strike = Callable[[Workspace, Random], Run]
PHASES = ("start-up", "motion", "network", "writing")
START_UP = 2.5  # seconds, about, until the first frame is begun


@dataclass(frozen=True)
class Fault:
    """`speechless`: nobody is left, or can be reached, to say a sentence."""

    name: str
    phase: str
    strike: Strike
    speechless: bool = False


def every() -> list[Fault]:
    """Each kind of fault once, in each phase that it can strike in."""
    return [*_kills(), *_disks(), *_limits(), *_pipes(), *_sources()]


def _kills() -> list[Fault]:
    found = []
    for phase in PHASES:
        for name, numbers in (
            ("SIGKILL", [signal.SIGKILL]),
            ("SIGTERM", [signal.SIGTERM]),
            ("SIGINT", [signal.SIGINT]),
            ("double SIGINT", [signal.SIGINT] * 2),
        ):
            strike = partial(_killed, phase, numbers)
            # A signal that comes before the program listens ends it as it ends any other.
            mute = name == "SIGKILL" or (phase == "start-up" and name == "SIGTERM")
            found.append(Fault(f"{name} to the front end", phase, strike, mute))
        for name in ("SIGKILL", "SIGTERM", "SIGINT"):
            strike = partial(_engine_killed, phase, getattr(signal, name))
            found.append(Fault(f"{name} to the engine", phase, strike))
    return found


def _moment(phase: str, work: Workspace, chance: Random, run: Run) -> None:
    """Wait for a random moment of a phase."""
    if phase == "start-up":
        time.sleep(chance.uniform(0.1, START_UP))
    elif phase == "motion":  # of the first pair
        run.until(lambda: run.said)
        time.sleep(chance.uniform(0, 0.2))
    elif phase == "network":
        frames = chance.randrange(1, len(work.reference) - 2)
        run.until(lambda: run.frames >= frames)
        time.sleep(chance.uniform(0, 0.05))
    else:
        frames = chance.randrange(len(work.reference) - 4)
        run.until(lambda: run.frames >= frames and _writes(work.out))
    run.engine()


def _writes(folder: Path) -> bool:
    try:
        return any(name.startswith(".") for name in os.listdir(folder))
    except OSError:
        return False


def _killed(phase: str, numbers: list[signal.Signals], work: Workspace, chance: Random) -> Run:
    run = Run.start(work, start_new_session=True)
    _moment(phase, work, chance, run)
    for number in numbers:
        if not run.ended:
            run.process.send_signal(number)
            time.sleep(chance.uniform(0, 0.1))
    run.wait()
    return run


def _engine_killed(phase: str, number: signal.Signals, work: Workspace, chance: Random) -> Run:
    run = Run.start(work)
    _moment(phase, work, chance, run)
    run.until(run.engine, 5)
    engine = run.engine()
    if engine:
        engine.send_signal(number)
    run.wait()
    return run


def _disks() -> list[Fault]:
    calls = (("fsync", "ENOSPC"), ("fsync", "EIO"), ("write", "ENOSPC"), ("write", "EIO"),
             ("replace", "EIO"), ("open", "EACCES"), ("open", "EROFS"))  # fmt: skip
    found = [Fault(f"{code} in {call}", "writing", partial(_broken, call, code))
             for call, code in calls]  # fmt: skip
    found.append(Fault("a disk for small files alone", "writing", _small_files))
    found.append(Fault("a read-only target", "start-up", _read_only))
    found.append(Fault("a file where the target's folder is to be", "start-up", _no_folder))
    return found


def _broken(call: str, code: str, work: Workspace, chance: Random) -> Run:
    starter = work.folder / "python"
    faulty = Path(__file__).with_name("faulty_engine.py")
    starter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{faulty}" "$@"\n')
    starter.chmod(stat.S_IRWXU)
    fault = f"{call} {code} {chance.randrange(1, 20)}"
    run = Run.start(work, environment={"HIFI_ENGINE_PYTHON": str(starter), "HIFI_FAULT": fault})
    run.wait()
    return run


def _small_files(work: Workspace, chance: Random) -> Run:
    size = chance.randrange(1, min(map(len, work.reference.values())))
    return _limited({resource.RLIMIT_FSIZE: size}, work, chance)


def _read_only(work: Workspace, chance: Random) -> Run:
    work.out.mkdir()
    if os.geteuid() == 0:  # whom permissions do not stop
        (work.out / "slow.1007.exr").mkdir()
        run = _plain(work)
        (work.out / "slow.1007.exr").rmdir()
        return run
    work.out.chmod(0o555)
    run = _plain(work)
    work.out.chmod(0o755)
    return run


def _no_folder(work: Workspace, chance: Random) -> Run:
    work.out.write_bytes(b"")
    run = _plain(work)
    work.out.unlink()
    return run


def _plain(work: Workspace) -> Run:
    run = Run.start(work)
    run.wait()
    return run


def _limits() -> list[Fault]:
    found = [Fault("little memory", phase, partial(_little_memory, low, high))
             for phase, low, high in (("start-up", 100, 700), ("network", 700, 1100))]  # fmt: skip
    return [*found, Fault("no threads", "start-up", _no_threads)]


def _limited(limits: dict[int, int], work: Workspace, chance: Random) -> Run:
    def limit() -> None:
        for kind, size in limits.items():
            resource.setrlimit(kind, (size, size))

    run = Run.start(work, preexec_fn=limit)
    run.wait()
    return run


def _little_memory(low: int, high: int, work: Workspace, chance: Random) -> Run:
    return _limited({resource.RLIMIT_AS: chance.randrange(low, high) << 20}, work, chance)


def _no_threads(work: Workspace, chance: Random) -> Run:
    """Every thread asks for a stack that there is no room for."""
    room = chance.randrange(3, 8) << 30
    return _limited({resource.RLIMIT_STACK: 1 << 33, resource.RLIMIT_AS: room}, work, chance)


def _pipes() -> list[Fault]:
    return [
        Fault("stdout that nobody reads on", "network", _head),
        Fault("stdout on a full device", "start-up", _full_output),
        Fault("stdin and stdout closed", "start-up", _closed, speechless=True),
    ]


def _head(work: Workspace, chance: Random) -> Run:
    reader, writer = os.pipe()
    run = Run.start(work, stdout=writer)
    os.close(writer)
    with open(reader, encoding="utf-8") as output:
        for _ in range(chance.randrange(1, 40)):
            output.readline()
    run.wait()
    return run


def _full_output(work: Workspace, chance: Random) -> Run:
    with open("/dev/full", "w") as full:
        run = Run.start(work, stdout=full)
        run.wait()
    return run


def _closed(work: Workspace, chance: Random) -> Run:
    def close() -> None:
        os.close(0)
        os.close(1)

    run = Run.start(work, stdout=subprocess.DEVNULL, preexec_fn=close)
    run.wait()
    return run


def _sources() -> list[Fault]:
    return [
        Fault("a truncated plate", "start-up", _truncated),
        Fault("a damaged plate", "start-up", _damaged),
        Fault("a plate that goes away", "network", _removed),
        Fault("a torn record", "start-up", _torn_record),
    ]


def _some(work: Workspace, chance: Random) -> Path:
    return chance.choice(sorted(work.plate.iterdir()))


def _truncated(work: Workspace, chance: Random) -> Run:
    path = _some(work, chance)
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])
    return _plain(work)


def _damaged(work: Workspace, chance: Random) -> Run:
    """Where a reader can notice: in other places a bit makes another plate, as good as this one."""
    path = _some(work, chance)
    data = bytearray(path.read_bytes())
    place, bit = chance.choice([(0, 1), (3, 128), (5, 8), (8, 128)])  # magic, flags, a name
    data[place] ^= bit
    data[9 : 9 + 300] = b"x" * 300 if place == 8 else data[9 : 9 + 300]
    path.write_bytes(data)
    return _plain(work)


def _removed(work: Workspace, chance: Random) -> Run:
    run = Run.start(work)
    _moment("start-up", work, chance, run)
    for path in work.plate.iterdir():
        path.unlink()
    run.wait()
    return run


def _torn_record(work: Workspace, chance: Random) -> Run:
    work.render()
    (record,) = work.out.glob("*.jsonl")
    data = record.read_bytes()
    last = data[:-1].rindex(b"\n") + 1  # a line that is being written when the machine stops
    record.write_bytes(data[: chance.randrange(last, len(data))] + b"\n" + b"[" * 100_000)
    chance.choice(sorted(work.out.glob("*.exr"))).unlink()
    return _plain(work)
