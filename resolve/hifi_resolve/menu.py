"""What the menu script does: slow the chosen clip, and say what became of it."""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Callable, Optional

from hifi_ofx.errors import Cancelled, HifiError

from . import engine, flow, job, message
from .wishes import SETTINGS, from_file

if TYPE_CHECKING:
    from fusionscript import Resolve


def main(
    resolve: Resolve,
    tell: Callable[[str], None] = message.show,
    retime: Optional[engine.Engine] = None,
) -> int:
    """Run for a live Resolve. Returns an exit code; every failure becomes a sentence."""
    try:
        wishes = from_file(job.media_folder() / SETTINGS)
        with _warnings() as warnings:
            done = flow.slow_motion(resolve, wishes, message.say, retime)
    except Cancelled as error:
        message.say(str(error))
        return error.exit_code
    except HifiError as error:
        tell(str(error))
        return error.exit_code
    except Exception:  # the last stop: Resolve would show a traceback to nobody
        tell(f"Something went wrong that should not have. The details:\n{traceback.format_exc()}")
        return 1
    message.say(done.sentence)
    if done.notes or warnings:
        tell("\n".join([done.sentence, *done.notes, *warnings]))
    return 0


@contextlib.contextmanager
def _warnings() -> Iterator[list[str]]:
    """What is logged as a warning meanwhile: what could not be put back."""
    heard: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]  # a class for one line
    logger = logging.getLogger(__package__)
    logger.addHandler(handler)
    try:
        yield heard
    finally:
        logger.removeHandler(handler)
