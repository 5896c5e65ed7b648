"""The suites that talk to people: messages, progress and the timeline."""

import ctypes
import re

from . import abi, names
from .abi import Status
from .faults import Refused
from .instance import Instance
from .properties import text_of

_CONVERSION = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?(?:hh|h|ll|l|z|j)?([a-zA-Z%])")


def formatted(text, whole, doubles):
    """What printf would make of a format and its arguments."""
    whole, doubles = iter(whole), iter(doubles)

    def filled(match):
        letter = match.group(1)
        if letter == "%":
            return "%"
        if letter == "s":
            address = next(whole)
            return ctypes.string_at(address).decode("utf-8", "replace") if address else "(null)"
        if letter in "di":
            return str(ctypes.c_int((next(whole) or 0) & 0xFFFFFFFF).value)
        if letter in "ux":
            return str(next(whole) or 0)
        if letter in "fgeFGE":
            return f"{next(doubles):g}"
        raise Refused(Status.VALUE, f"sent a message with the format {text!r}")

    return _CONVERSION.sub(filled, text)


class MessageSuite:
    """message, and the persistent message of version 2."""

    def __init__(self, host):
        self._host = host

    def message(self, effect, kind, identifier, text, *arguments):
        said = self._said(kind, text, arguments)
        self._host.messages.append(said)
        if effect:
            instance = self._host.handles.get(effect, object)
            getattr(instance, "messages", []).append(said)
        return Status.YES if said[0] == "OfxMessageQuestion" else Status.OK

    def setPersistentMessage(self, effect, kind, identifier, text, *arguments):
        instance = self._host.handles.get(effect, Instance)
        instance.persistent = self._said(kind, text, arguments)
        instance.persistent_history.append(instance.persistent)

    def clearPersistentMessage(self, effect):
        self._host.handles.get(effect, Instance).persistent = None

    def _said(self, kind, text, arguments):
        if text_of(kind) not in names.MESSAGES:
            raise Refused(Status.VALUE, f"sent a message of the type {text_of(kind)!r}")
        return text_of(kind), formatted(text_of(text), arguments[:6], arguments[6:])


class ProgressSuite:
    """Start, update, end, in both versions."""

    def __init__(self, host):
        self._host = host

    def progressStart(self, effect, label, identifier=None):
        instance = self._host.handles.get(effect, Instance)
        # One an instance, whichever threads are at work for it (ofxProgress.h).
        with instance.talking:
            if instance.progress_open:
                raise Refused(Status.FAILED, "started a progress within a progress")
            instance.progress_open = True
        instance.labels_of_progress.append(text_of(label))

    def progressUpdate(self, effect, share):
        instance = self._host.handles.get(effect, Instance)
        self._check_open(instance, "updated")
        if not 0 <= share <= 1:
            raise Refused(Status.VALUE, f"said that {share} of 1 is done")
        instance.progress.append(share)
        return Status.NO if instance.progress_cancelled() else Status.OK

    def progressEnd(self, effect):
        instance = self._host.handles.get(effect, Instance)
        self._check_open(instance, "ended")
        instance.progress_open = False

    def _check_open(self, instance, verb):
        if not instance.progress_open:
            raise Refused(Status.FAILED, f"{verb} a progress that it has not started")


class TimeLineSuite:
    """The playhead, and the project's bounds."""

    def __init__(self, host):
        self._host = host

    def getTime(self, effect, time):
        abi.write(ctypes.c_double, time, self._host.handles.get(effect, Instance).time)

    def gotoTime(self, effect, time):
        self._host.handles.get(effect, Instance).move_to(time)

    def getTimeBounds(self, effect, first, last):
        start, end = self._host.handles.get(effect, Instance).leading_plate.range
        abi.write(ctypes.c_double, first, float(start))
        abi.write(ctypes.c_double, last, float(end))
