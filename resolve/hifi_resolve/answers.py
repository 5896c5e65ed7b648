"""What Resolve answers: nothing, mostly, when something is wrong."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator
from typing import Any, Callable, Optional, TypeVar, cast

from hifi_ofx.errors import HifiError

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)

TRIES = 3
"""Some calls fail the first time and succeed when they are simply repeated."""

_CLOSE_DIALOGS = "Close any dialog that Resolve shows, and run the script again."


class ResolveError(HifiError):
    """Resolve refused, did something else than it was asked, or the clip cannot be slowed."""


def needed(answer: Optional[Answer], what: str, hint: str = _CLOSE_DIALOGS) -> Answer:
    """The answer itself. Raises ResolveError, "Resolve did not …", when there is none."""
    if _is_none(answer):
        raise ResolveError(f"Resolve did not {what}.", hint)
    return cast(Answer, answer)


def _is_none(answer: object) -> bool:
    return answer is None or answer is False or answer == ""


def asked(ask: Callable[[], Optional[Answer]], what: str, hint: str = _CLOSE_DIALOGS) -> Answer:
    """What a call answers, asked a few times. Raises ResolveError when it never does.

    For questions alone, which change nothing: one that fails once must not cost a render.
    """
    answers = (ask() for _ in range(TRIES))
    return needed(next((a for a in answers if not _is_none(a)), None), what, hint)


def listed(ask: Callable[[], Optional[Iterable[Any]]], what: str) -> list[Any]:
    """What a call lists, asked a few times. Raises ResolveError when it never answers.

    A list that does not come must not be taken for an empty one: what is in it would look new, and
    be deleted when a step is taken back.
    """
    return list(asked(ask, what))


def if_any(ask: Callable[[], Any], otherwise: Any) -> Any:
    """What a call answers, asked a few times; `otherwise` when it never does.

    Where nothing depends on it, or some version may say nothing for "none".
    """
    answers = (ask() for _ in range(TRIES))
    return next((answer for answer in answers if answer is not None), otherwise)


def sure(ask: Callable[[], object]) -> bool:
    """Whether something is so: said twice alike, else at the third time. One may be wrong."""
    first, second = bool(ask()), bool(ask())
    return first if first == second else bool(ask())


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Raise ResolveError where Resolve stops answering, and None comes in place of an object."""
    try:
        yield
    except (AttributeError, TypeError) as error:
        log.debug("no answer", exc_info=True)
        raise ResolveError(f"Resolve stopped answering ({error}).", _CLOSE_DIALOGS) from error


def has(thing: Any, call: str) -> bool:
    """Whether an object of this version of Resolve has a call.

    `hasattr` is always true on Resolve's objects; `dir` is right on every version.
    """
    return call in dir(thing)


def identity(thing: Any) -> str:
    """The unique ID of an object. Raises ResolveError when it has none after a few questions."""
    return str(asked(thing.GetUniqueId, "say which clip is which"))


def same(one: Any, other: Any) -> bool:
    """Whether two objects stand for one thing: every call hands out new objects."""
    return bool(one and other) and identity(one) == identity(other)


def text(media: Any, key: str) -> str:
    """A clip property as text; "" when there is none. Numbers come as either.

    All are asked for at once: 21.1 deprecates asking for one. Raises ResolveError without any.
    """
    answer = asked(lambda: media.GetClipProperty() or None, "say what a clip is").get(key)
    return "" if answer is None else str(answer).strip()


def media_of(item: Any) -> Any:
    """The media behind an item, asked for a few times; None for titles and the like."""
    return if_any(item.GetMediaPoolItem, None)


def whole(media: Any, key: str, otherwise: int = 0) -> int:
    """A clip property as a whole number."""
    try:
        return int(float(text(media, key)))
    except ValueError:
        return otherwise
