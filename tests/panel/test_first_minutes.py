"""What a new user does first takes no more actions than it did."""

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from tests.first_minutes import Minutes

MOST = {
    "Open a plate": 1,
    "Slow it to 25 %": 1,
    "See an in-between at the set quality": 0,
    "Compare it with the blend": 1,
    "Play it": 1,
    "Make a ramp of it": 6,
    "Choose a preset": 2,
    "Render it": 1,
    "Look at the result": 2,
    "Do it again at another speed, under another name": 4,
}


def test_the_first_minutes_take_few_actions(panel, plate):
    done = {name: actions for name, actions, _ in Minutes(str(plate), panel).all()}
    assert done == MOST
