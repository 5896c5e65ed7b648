"""A retime by the command line, watched, so that a fault can strike at a chosen moment."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import psutil

from tests.reliability.workspace import ROOT, Workspace

PATIENCE = 90.0  # seconds after which a run counts as hung
GONE = 5.0  # seconds within which an engine has to end after its front end


@dataclass
class Run:
    """One command under way; `said` are its JSON lines so far."""

    process: subprocess.Popen[str]
    said: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    engines: list[psutil.Process] = field(default_factory=list)
    readers: list[threading.Thread] = field(default_factory=list)
    hung: bool = False

    @classmethod
    def start(cls, work: Workspace, **options: Any) -> Run:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = work.environment(**options.pop("environment", {}))
        process = subprocess.Popen(
            work.command(), cwd=ROOT, text=True, env=environment, **{**pipes, **options}
        )
        run = cls(process)
        for stream, keep in ((process.stdout, run._hear), (process.stderr, run.errors.append)):
            if stream:
                run.readers.append(threading.Thread(target=_each, args=(stream, keep)))
                run.readers[-1].start()
        return run

    def _hear(self, line: str) -> None:
        try:
            self.said.append(json.loads(line))
        except ValueError:
            self.errors.append(line)

    @property
    def frames(self) -> int:
        """How many frames it has written."""
        return max((line.get("frames_done", 0) for line in self.said), default=0)

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def engine(self) -> psutil.Process | None:
        """Its engine, once there is one."""
        try:
            children = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return None
        self.engines += [one for one in children if one not in self.engines]
        return children[0] if children else None

    def wait(self) -> int | None:
        """The exit code; and whatever is left running is ended."""
        self.engine()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.hung = True
            self.process.kill()
            self.process.wait()
        for reader in self.readers:
            reader.join()
        return self.process.returncode

    def outlived(self) -> bool:
        """Whether an engine of it lived on for longer than it may."""
        limit = time.monotonic() + GONE
        while (alive := [one for one in self.engines if _lives(one)]) and time.monotonic() < limit:
            time.sleep(0.02)
        for one in alive:
            one.kill()
        return bool(alive)

    @property
    def sentence(self) -> str:
        """What it said of its failure; empty where it said nothing, or printed a traceback."""
        if any("Traceback (most recent" in line for line in self.errors):
            return ""
        told = [line["error"]["message"] for line in self.said if line.get("type") == "failed"]
        told += [line for line in self.errors if line.startswith("hifi-ofx: ")]
        return told[-1].strip() if told else ""

    def until(self, condition: Any, seconds: float = 30.0) -> bool:
        """Wait for something to be so, while the run goes on."""
        limit = time.monotonic() + seconds
        while not self.ended and time.monotonic() < limit:
            if condition():
                return True
            time.sleep(0.0005)
        return False


def _lives(process: psutil.Process) -> bool:
    """Whether it runs; what nobody has waited for yet does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _each(stream: Any, keep: Any) -> None:
    with stream:
        for line in stream:
            keep(line)
