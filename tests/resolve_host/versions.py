"""The versions of Resolve that the stand-in can be."""

import os

ALL = {
    "18.6.6": (18, 6, 6),
    "19.0": (19, 0, 1),
    "19.1": (19, 1, 3),
    "20.0": (20, 0, 1),
    "20.1": (20, 1),
    "20.2": (20, 2, 2),
    "21.0": (21, 0, 4),
    "21.1": (21, 1),
}
OLDEST, NEWEST = "18.6.6", "21.1"
CHOSEN = "HIFI_TEST_RESOLVE"
"""The environment variable that says which version a stand-in is, unless a test says it itself."""


def chosen():
    """The version, in numbers, of a stand-in that nobody gave one."""
    return ALL[os.environ.get(CHOSEN, NEWEST)]


def numbers(name):
    """ "19.1" as (19, 1)."""
    return tuple(int(number) for number in name.split("."))
