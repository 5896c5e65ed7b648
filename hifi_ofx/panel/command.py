"""The panel as a program: `python -m hifi_ofx.panel [SEQUENCE] [--request FILE] [--result FILE]`.

With --request the panel opens on that RenderRequest. With --result it writes what became of it when
it closes: {"state": "finished" | "cancelled" | "failed", "target", "message", "request"}; a host
waits for that file.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from ..errors import HifiError
from ..request import RenderRequest

_NO_QT = "The panel needs Qt. Install it with: pip install 'hifi-ofx[panel]'"


def argument_parser() -> argparse.ArgumentParser:
    """The panel's flags."""
    parser = argparse.ArgumentParser(
        "hifi-ofx panel", description="Set a retime's quality by looking, and render it."
    )
    parser.add_argument("sequence", nargs="?", help="Image sequence or video to look at.")
    parser.add_argument("--request", metavar="FILE", help="Open on the request in this JSON file.")
    parser.add_argument("--result", metavar="FILE", help="Write what became of it on closing.")
    return parser


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Show the panel until it is closed. Returns the exit code."""
    parsed = argument_parser().parse_args(arguments)
    try:
        from .qt import QtWidgets, run
        from .window import PanelWidget, read_request
    except ImportError as error:
        print(f"hifi-ofx: {_NO_QT} ({error})", file=sys.stderr)
        return 1
    try:
        request = read_request(parsed.request) if parsed.request else None
    except HifiError as error:
        print(f"hifi-ofx: {error}", file=sys.stderr)
        return error.exit_code
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(sys.argv[:1])
    application.setApplicationName("hifi-ofx")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Qt's loop would not see Ctrl-C
    panel = PanelWidget(source=parsed.sequence)
    outcome = Outcome(request)
    panel.job_ended.connect(outcome.note)
    if request is not None:
        panel.show_request(request)
    if parsed.result:
        panel.return_when_done()
    panel.resize(panel.sizeHint())
    panel.show()
    code = run(application)
    if parsed.result:
        write_result(parsed.result, outcome.result(panel.queue.jobs))
    return code


class Outcome:
    """What became of the renders of one panel; the last one counts."""

    def __init__(self, request: Optional[RenderRequest]) -> None:
        self._request = request
        self._last: Any = None

    def note(self, job: Any) -> None:
        """A job has ended."""
        self._last = job

    def result(self, jobs: Sequence[Any]) -> dict[str, Any]:
        """The result for the host that waits for it."""
        job = self._last if self._last is not None else jobs[-1] if jobs else None
        request = self._request if job is None else job.request
        state = "cancelled" if job is None else job.state
        return {
            "state": state if state in ("finished", "failed") else "cancelled",
            "target": "" if request is None else request.target,
            "message": "" if job is None else job.message,
            "request": None if request is None else request.to_json(),
        }


def write_result(path: str, result: dict[str, Any]) -> None:
    """Write the result, whole or not at all."""
    temporary = Path(f"{path}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(result, indent=1), encoding="utf-8")
    os.replace(temporary, path)
