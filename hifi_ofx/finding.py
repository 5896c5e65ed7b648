"""What a check of this machine found: a line each, from the front end and from the engine."""

from __future__ import annotations

from dataclasses import dataclass

GOOD, NOTE, BAD = "ok", "note", "failed"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    `state` is GOOD; NOTE, for what works and could be better; or BAD, for what stops a render.
    `hint` says what to do, where there is something to do.
    """

    what: str
    state: str
    text: str
    hint: str = ""

    def line(self) -> str:
        """As it is printed."""
        return f"{self.state:6}  {self.what:14}  {' '.join(filter(None, (self.text, self.hint)))}"
