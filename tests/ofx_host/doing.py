"""What one thread is doing inside a plug-in: the action, its window, and the images it holds."""

import time as clock
from dataclasses import dataclass, field

from .abi import Status
from .faults import Refused


@dataclass
class Doing:
    """One call of a plug-in's main entry.

    `needed`: {clip: [(first, last), …]} as GetFramesNeeded named them; None means the frame at
    `time` alone. `live`: images not yet released.
    """

    action: str
    instance: object = None
    time: float | None = None
    scale: tuple[float, float] = (1.0, 1.0)
    window: tuple[int, int, int, int] | None = None
    needed: dict | None = None
    interactive: bool = False
    reason: str = ""
    target: object = None
    whole: tuple[int, int, int, int] | None = None
    live: dict = field(default_factory=dict)
    inputs: dict = field(default_factory=dict)
    fetched: list = field(default_factory=list)
    aborts_asked: int = 0
    aborted_at: float | None = None

    def asked_whether_to_stop(self, stop):
        """What `abort` answers; notes when it first said yes."""
        self.aborts_asked += 1
        if self.aborted_at is None and stop(self):
            self.aborted_at = clock.monotonic()
        return self.aborted_at is not None

    def output(self, clip, time):
        """The output's image and its box."""
        if self.target is None:
            raise Refused(Status.FAILED, f"fetched {clip} outside of Render")
        if time != self.time:
            raise Refused(
                Status.FAILED, f"fetched {clip} at {time:g} while rendering {self.time:g}"
            )
        return self.target, self.whole

    def input(self, clip, time):
        """An input's image and its box, None where it has none at this time."""
        self._check(clip, time)
        self.fetched.append((clip.name, time))
        if clip.plate is None:
            return None
        if (clip.name, time) not in self.inputs:
            made = clip.plate.image(time, self.scale)
            if made is None:
                return None
            made[0].remember()
            self.inputs[clip.name, time] = made
        return self.inputs[clip.name, time]

    def _check(self, clip, time):
        if self.action == "change":
            if self.reason != "OfxChangeUserEdited":
                raise Refused(Status.FAILED, f"fetched {clip} in a change by {self.reason}")
            return
        ranges = (self.needed or {}).get(clip.name, [(self.time, self.time)])
        if not any(first <= time <= last for first, last in ranges):
            raise Refused(
                Status.FAILED,
                f"fetched {clip} at {time:g}, which GetFramesNeeded did not name ({ranges})",
            )

    def faults(self):
        """What is wrong at the end of the action."""
        found = [f"{image} was not released" for image in self.live.values()]
        for (name, time), (image, _) in self.inputs.items():
            found += image.faults(f"{name} at {time:g}")
        return found
