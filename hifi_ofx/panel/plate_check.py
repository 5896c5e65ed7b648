"""`hifi-ofx check` from the panel: a process of its own, its progress, and what it found."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from ..child import detached, engine_environment
from ..codec import json_value
from ..errors import Cancelled, EngineError, HifiError
from ..interpreter import engine_python
from ..parameters import declarations, from_json
from ..private_folder import PrivateFolder
from ..quality import Quality
from ..request import RenderRequest
from .latest import Latest
from .qt import QtCore, QtGui, Signal

_WORDS = 12  # last lines that a failed check is quoted by
_SHEET = 1600  # pixels across, at most


@dataclass(frozen=True)
class Tried:
    """One setting, as flags and as a quality, and how near it came to the true frames.

    ssim: None where scikit-image is missing.
    """

    flags: str
    quality: Quality
    psnr: float
    ssim: Optional[float]
    seconds: float


@dataclass(frozen=True)
class Found:
    """What a plate answered. best, enough: flags of the best setting, and of the fastest that is
    within 0.1 dB of it; blend: the frame blend's (dB, SSIM).
    """

    tried: tuple[Tried, ...]
    best: str
    enough: str
    blend: tuple[float, Optional[float]]
    frames: int
    sheet: QtGui.QImage
    is_whole: bool = True

    @property
    def advised(self) -> Tried:
        """The setting that is enough."""
        return next(one for one in self.tried if one.flags == self.enough)


class PlateCheck(QtCore.QObject):
    """Asks one plate at a time. `ended` comes with Found, or a HifiError."""

    progressed = Signal(int, int)  # predictions done, of
    ended = Signal(object)

    def __init__(self, parent: Optional[QtCore.QObject] = None) -> None:
        super().__init__(parent)
        self._process: Optional[subprocess.Popen[str]] = None
        self._cancelled = False
        self._changing = threading.Lock()
        self._work = Latest("check", self)
        self._work.done.connect(lambda _, found: self.ended.emit(found))
        self._work.failed.connect(lambda _, error: self.ended.emit(error))

    def ask(self, request: RenderRequest) -> None:
        """Check the plate of a request, with its weights, on its machine."""
        self._cancelled = False
        self._work.submit("check", lambda: self._asked(request))

    def cancel(self) -> None:
        """Stop; what is known by then is still told, where the system can ask a process to end."""
        with self._changing:
            self._cancelled = True
            if self._process is not None:
                if sys.platform == "win32":
                    self._process.terminate()
                else:
                    self._process.send_signal(signal.SIGINT)

    def stop(self) -> None:
        """End the process and the thread."""
        with self._changing:
            self._cancelled = True
            if self._process is not None:
                self._process.kill()
        self._work.stop()

    def _asked(self, request: RenderRequest) -> Found:
        with PrivateFolder("check") as folder:
            written, sheet = folder.path / "check.json", folder.path / "sheet.png"
            files = ["--progress", "--json", str(written), "--sheet", str(sheet)]
            code, words = self._run([*command(request), *files])
            if not written.exists():
                if self._cancelled:
                    raise Cancelled("The check was cancelled.")
                raise EngineError(words or f"The check ended with code {code}.")
            data = json_value(written.read_text(encoding="utf-8"))
            return replace(_found(data, sheet), is_whole=code == 0)

    def _run(self, words: Sequence[str]) -> tuple[int, str]:
        """The process's exit code and its last words."""
        with self._changing:
            if self._cancelled:
                return Cancelled.exit_code, ""
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=engine_environment(os.environ),
                **detached(),
            )
            self._process = process
        said: deque[str] = deque(maxlen=_WORDS)
        assert process.stdout is not None
        for line in process.stdout:
            self._heard(line, said)
        code = process.wait()
        with self._changing:
            self._process = None
        process.stdout.close()
        return code, "\n".join(said).removeprefix("hifi-ofx: ")

    def _heard(self, line: str, said: deque[str]) -> None:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            progress = json.loads(line)
            self.progressed.emit(int(progress["done"]), int(progress["of"]))
            return
        said.append(line.rstrip())


def command(request: RenderRequest) -> list[str]:
    """The command line that checks a request's plate."""
    words = [engine_python(), "-m", "engine", "check", request.source, "--weights", request.weights]
    for settings in (request.machine, request.footage):
        for declared in declarations(settings):
            value = getattr(settings, declared.name)
            if value != declared.default:
                text = f"{declared.flag}={declared.text(value)}"
                words.append(declared.flag if value is True else text)
    return words


def _found(data: Any, sheet: Path) -> Found:
    """What a check wrote. Raises EngineError where that cannot be read."""
    try:
        tried = tuple(
            Tried(
                str(row["flags"]),
                from_json(Quality, row["quality"]),
                float(row["psnr"]),
                row.get("ssim"),
                float(row["seconds"]),
            )
            for row in data["settings"]
        )
        blend = float(data["blend"]["psnr"]), data["blend"].get("ssim")
        picture = QtGui.QImage(str(sheet))
        if picture.width() > _SHEET:
            mode = QtCore.Qt.TransformationMode.SmoothTransformation
            picture = picture.scaledToWidth(_SHEET, mode)
        frames = len(data["frames"])
        return Found(tried, data["best"], data["enough"], blend, frames, picture)
    except (KeyError, TypeError, ValueError, HifiError) as error:
        raise EngineError(f"What the check wrote cannot be read: {error!r}.") from error
