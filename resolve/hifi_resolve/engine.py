"""The retime itself: in the panel, which is a process of its own, or without a window."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any, Callable

from hifi_ofx.child import engine_environment
from hifi_ofx.codec import json_value
from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import Cancelled, EngineError, from_json
from hifi_ofx.interpreter import engine_python
from hifi_ofx.request import Finished, Log, Progress, RenderRequest

Show = Callable[[str], None]
Engine = Callable[[RenderRequest, Show], RenderRequest]
"""Renders a request, perhaps changed by the user; the request as it was rendered."""


def in_panel(
    request: RenderRequest, show: Show, real_time: Fraction = Fraction(1)
) -> RenderRequest:
    """Open the panel on a request and wait until it is closed.

    `real_time` are the source frames that pass in an output frame at 100 %: 50 % in the panel is
    Resolve's 50 %.

    Raises Cancelled when nothing was rendered, and what the panel says went wrong.
    """
    show("The panel is open: choose the speed, look at an in-between, and render.")
    with tempfile.TemporaryDirectory(prefix="hifi-panel-") as folder:
        asked, answered = Path(folder) / "request.json", Path(folder) / "result.json"
        asked.write_text(json.dumps(request.to_json()), encoding="utf-8")
        words = "--request", str(asked), "--real-time", str(real_time), "--result", str(answered)
        code, said = run_window("hifi_ofx.panel", *words)
        if not answered.is_file():
            raise EngineError(
                f"The panel ended without a result (exit code {code}).",
                f"Install hifi-ofx[engine,panel] in {engine_python()}. Its last words:\n{said}",
            )
        return _answer(_read(answered), request)


def without_window(request: RenderRequest, show: Show) -> RenderRequest:
    """Render a request as it is, showing a line a frame."""
    with EngineProcess() as engine:
        for line in engine.render(request):
            text = _line(line)
            if text:
                show(text)
    return request


def run_window(module: str, *words: str) -> tuple[int, str]:
    """Run a window of ours in the engine's Python until it is closed; its exit code and last words.

    Raises EngineError when it cannot be started.
    """
    command = [engine_python(), "-m", module, *words]
    try:
        done = subprocess.run(
            command,
            env=engine_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            creationflags=no_console(),
        )
    except OSError as error:
        raise EngineError(
            f"The engine's Python {command[0]} cannot be started: {error.strerror}.",
            "Run `hifi-ofx install resolve` again, or set HIFI_ENGINE_PYTHON.",
        ) from error
    return done.returncode, done.stderr.decode("utf-8", "replace")[-2000:]


def no_console() -> int:
    """The flag that keeps Windows from opening a console beside Resolve for a child process."""
    return int(getattr(subprocess, "CREATE_NO_WINDOW", 0))


def _read(path: Path) -> dict[str, Any]:
    try:
        answer = json_value(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EngineError(f"The panel's result cannot be read: {error}.") from error
    return dict(answer)


def _answer(result: dict[str, Any], request: RenderRequest) -> RenderRequest:
    state, message = result.get("state"), str(result.get("message") or "")
    if state == "cancelled":
        raise Cancelled(message or "The panel was closed before anything was rendered.")
    if state != "finished":
        failed = result.get("error")
        raise from_json(failed) if failed else EngineError(message or "The render failed.")
    rendered = result.get("request")
    return RenderRequest.from_json(rendered) if rendered else request


def _line(line: object) -> str:
    if isinstance(line, Progress) and line.frame:
        left = "" if line.seconds_left is None else f", {line.seconds_left:.0f} s left"
        return f"{line.frames_done} of {line.frames} frames{left}"
    if isinstance(line, Log):
        return line.text
    if isinstance(line, Finished):
        return f"{line.made} in-betweens made, {line.copied} frames copied"
    return ""
