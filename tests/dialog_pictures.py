"""`python -m tests.dialog_pictures DIR`: the dialog for Resolve in its states, drawn off screen."""

import os
import sys
from pathlib import Path

QUESTION = {
    "clip": "A001C003.mov", "frames": 96, "start": 86410, "track": 1, "rate": "24",
    "source rate": "48", "clip speed": "1", "first speed": "1", "earlier": False, "speed": "1/2",
    "place": "above", "audio": "keep", "no room": "", "moving": 12, "staying": "",
    "behind": [["A002C011.mov", 1, 96, 140], ["A002C012.mov", 1, 140, 400]],
    "sound": True, "no stretch": "", "marks": None,
    "lines": {"above": [], "replace": [], "room": []},
    "presets": ["draft", "standard", "best", "paper"], "version": "21.1.0",
}  # fmt: skip
MANAGED = [
    "The transitions at its start and end stay on the original, beneath the slow-motion clip.",
    "The project is color managed: frames go through DaVinci WG/Intermediate, which keeps "
    "highlights.",
]
STATES = {
    "above": {"lines": {"above": MANAGED, "replace": [], "room": []}},
    "replace": {"place": "replace", "audio": "stretch"},
    "room": {
        "place": "room",
        "staying": "Tracks that stay as they are: A2 (music runs across), V3 (locked).",
    },
    "old_version": {"no room": "yes", "version": "20.1.0", "sound": False},
    "again": {
        "earlier": True,
        "speed": "1",
        "lines": {
            place: ["An earlier slow-motion clip of this clip will be taken away; the files stay."]
            for place in ("above", "replace", "room")
        },
    },
    "marks": {"marks": [86434, 48], "clip speed": "1/2", "source rate": "24"},
    "error": {},
}


def main() -> int:
    """Write the pictures. Returns the exit code."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from hifi_ofx.panel.qt import keep_singletons, make_application
    from hifi_ofx.panel.slow_motion import SlowMotion

    keep_singletons()
    application = make_application([])
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, changes in STATES.items():
        dialog = SlowMotion({**QUESTION, **changes})
        if name == "marks":
            dialog.marks.setChecked(True)
        if name == "error":
            dialog.speed.setCurrentText("fast")
        dialog.show()
        for _ in range(20):
            application.processEvents()
        dialog.grab().save(str(folder / f"resolve_{name}.png"))
        dialog.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
