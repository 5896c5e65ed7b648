"""Set a retime's quality by looking, and render it: the panel in a window of its own.

`python -m hifi_ofx.panel` and `hifi-ofx panel` are the same. With --request the panel opens on that
RenderRequest. With --result it writes what became of it when it closes: {"state": "finished" |
"cancelled" | "failed", "target", "message", "request"}; a host waits for that file.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from ..codec import json_value
from ..errors import HifiError
from ..files import not_written, write_whole
from ..request import RenderRequest

if TYPE_CHECKING:
    from .jobs import Job
    from .window import PanelWidget


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """`python -m hifi_ofx.panel`. Returns the exit code; a failure is one sentence on stderr."""
    parser = argparse.ArgumentParser("python -m hifi_ofx.panel", description=__doc__)
    add_arguments(parser)
    try:
        return run(parser.parse_args(arguments))
    except HifiError as error:
        print(f"hifi-ofx: {error}", file=sys.stderr)
        return error.exit_code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The panel's flags."""
    parser.add_argument("sequence", nargs="?", help="Image sequence or video to look at.")
    parser.add_argument("--request", metavar="FILE", help="Open on the request in this JSON file.")
    parser.add_argument(
        "--real-time",
        type=Fraction,
        default=Fraction(1),
        help="Source frames that pass in an output frame at 100 %% (default 1).",
    )
    parser.add_argument("--result", metavar="FILE", help="Write what became of it on closing.")


def run(arguments: argparse.Namespace) -> int:
    """Show the panel until it is closed. Returns the exit code.

    Raises HifiError without Qt or a screen, for a request that is none, and for a result that
    cannot be kept.
    """
    request = read_request(arguments.request) if arguments.request else None
    check_screen()
    try:
        from . import qt
        from .window import PanelWidget
    except ImportError as error:
        raise HifiError(
            f"The panel needs Qt, which does not load here: {error}.",
            "Install it: pip install 'hifi-ofx[panel]'; on Linux it also needs libEGL and libGL.",
        ) from error
    qt.keep_singletons()
    application = qt.make_application(sys.argv[:1])
    application.setApplicationName("hifi-ofx")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Qt's loop would not see Ctrl-C
    panel = PanelWidget(source=arguments.sequence)
    panel.form.timing.real_time = arguments.real_time
    outcome = show(panel, request, returns=bool(arguments.result))
    code = qt.run(application)
    panel.stop()
    if arguments.result:
        write_result(arguments.result, outcome.result())
    return code


def check_screen() -> None:
    """Raise HifiError without a screen: Qt would end the whole process, with wrong advice."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(map(os.environ.get, named)):
        raise HifiError(
            "There is no screen to show the panel on: DISPLAY and WAYLAND_DISPLAY are not set.",
            "Start it on a desktop (or with `ssh -X`), or render without it: hifi-ofx retime.",
        )


def show(panel: PanelWidget, request: Optional[RenderRequest], returns: bool) -> Outcome:
    """Show a panel on a request; what becomes of its renders. `returns`: it closes when done."""
    outcome = Outcome(panel, request)
    if request is not None:
        panel.show_request(request)
    if returns:
        panel.return_when_done()
    panel.show()
    return outcome


class Outcome:
    """What became of the renders of one panel.

    The last one counts; when it was stopped, the last one that finished.
    """

    def __init__(self, panel: PanelWidget, request: Optional[RenderRequest]) -> None:
        self._panel, self._request = panel, request

    def result(self) -> dict[str, Any]:
        """The result for the host that waits for it."""
        job = self._job()
        request = self._request if job is None else job.request
        state = "cancelled" if job is None or job.state not in _ENDS else job.state
        return {
            "state": state,
            "target": "" if request is None else request.target,
            "message": "" if job is None else job.message or _how_far(job),
            "request": None if request is None else request.to_json(),
        }

    def _job(self) -> Optional[Job]:
        found = list(self._panel.queue.jobs)
        if found and found[-1].state in _ENDS:
            return found[-1]
        finished = [job for job in found if job.state == "finished"]
        return (finished or found)[-1] if found else None


_ENDS = ("finished", "failed")


def _how_far(job: Job) -> str:
    if job.state in _ENDS or not job.frames_done:
        return ""
    return f"The render was stopped at {job.frames_done} of {job.frames} frames."


def read_request(path: str) -> RenderRequest:
    """The request in a JSON file. Raises HifiError when it is none."""
    try:
        return RenderRequest.from_json(json_value(Path(path).read_text(encoding="utf-8")))
    except (AttributeError, OSError, KeyError, TypeError, ValueError) as error:
        raise HifiError(f"{path} holds no request: {error}.", "A host writes it.") from error


def write_result(path: str, result: dict[str, Any]) -> None:
    """Write the result, whole or not at all. Raises OutputError."""
    try:
        write_whole(Path(path), json.dumps(result, indent=1).encode())
    except OSError as error:
        raise not_written(Path(path), error, "The render itself is done.") from error
