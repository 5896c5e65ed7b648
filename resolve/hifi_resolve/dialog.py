"""The one dialog: speed, place and sound, before anything is rendered. A process of its own."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any

from hifi_ofx.codec import json_value
from hifi_ofx.engine_process import engine_python
from hifi_ofx.errors import Cancelled, EngineError
from hifi_ofx.quality import preset
from hifi_ofx.retime import parse_speed

from .engine import run_window
from .wishes import Wishes

MODULE = "hifi_ofx.panel.slow_motion"


def ask(question: dict[str, Any], wishes: Wishes) -> Wishes:
    """Show the dialog and wait; the wishes with what was chosen. `panel`: look first.

    Raises Cancelled when it was closed, EngineError when it could not be shown.
    """
    with tempfile.TemporaryDirectory(prefix="hifi-dialog-") as folder:
        asked, answered = Path(folder) / "question.json", Path(folder) / "answer.json"
        asked.write_text(json.dumps(question), encoding="utf-8")
        code, said = run_window(MODULE, "--question", str(asked), "--answer", str(answered))
        if not answered.is_file():
            raise EngineError(
                f"The dialog ended without an answer (exit code {code}).",
                f'Install hifi-ofx[engine,panel] in {engine_python()}, or set "panel": false in '
                f"settings.json. Its last words:\n{said}",
            )
        answer = json_value(answered.read_text(encoding="utf-8"))
    if answer.get("state") != "go":
        raise Cancelled("The dialog was closed. Nothing was changed.")
    return _chosen(answer, wishes)


def _chosen(answer: dict[str, Any], wishes: Wishes) -> Wishes:
    placement = dataclasses.replace(
        wishes.placement,
        place=str(answer["place"]),
        audio=str(answer["audio"]),
        marks=bool(answer["marks"]),
    )
    quality = preset(answer["preset"]) if answer.get("preset") else wishes.quality
    return dataclasses.replace(
        wishes,
        speed=parse_speed(str(answer["speed"])),
        panel=bool(answer["look"]),
        placement=placement,
        quality=quality,
    )
