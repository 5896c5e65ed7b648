"""Pieces of a farm job's template that several steps have: chunks of frames, parameters."""

from __future__ import annotations

from typing import Any


def chunks(frames: range, chunk: int) -> tuple[str, str]:
    """The first and the last frames of all tasks, as range expressions of any length."""
    first, last = frames[0], frames[-1]
    tasks = -(-len(frames) // chunk)
    step = chunk * frames.step  # from a task to the next one
    end = first + step - frames.step  # of the first task
    whole = len(frames) // chunk
    ends = [_stepped(end, end + (whole - 1) * step, step)] if whole else []
    rest = [str(last)] if len(frames) % chunk else []
    start = first + (tasks - 1) * step  # of the last task
    return _stepped(first, start, step), ",".join([*ends, *rest])


def text_parameter(name: str, label: str, group: str, hint: str) -> dict[str, Any]:
    """The definition of a parameter that is text."""
    return {
        "name": name,
        "type": "STRING",
        "description": hint,
        "userInterface": {"control": "LINE_EDIT", "label": label, "groupLabel": group},
    }


def path_parameter(name: str, kind: str, flow: str, label: str) -> dict[str, Any]:
    """The definition of a parameter that is a path: kind FILE or DIRECTORY, flow IN, OUT, NONE."""
    control = "CHOOSE_DIRECTORY" if kind == "DIRECTORY" else "CHOOSE_INPUT_FILE"
    return {
        "name": name,
        "type": "PATH",
        "objectType": kind,
        "dataFlow": flow,
        "userInterface": {"control": control, "label": label, "groupLabel": "Files"},
    }


def _stepped(first: int, last: int, step: int) -> str:
    return str(first) if first == last else f"{first}-{last}:{step}"
