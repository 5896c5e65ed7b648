"""What each version of Resolve lets a script do, as docs/resolve.md shows it."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "resolve"))

from hifi_resolve.abilities import ABILITIES

from tests.resolve_host import known, versions


def table():
    """Versions by what they let a script do: a call is there, or what is done without it."""
    lines = [f"| | {' | '.join(versions.ALL)} | where it is missing |"]
    lines += ["|---|" + ":-:|" * len(versions.ALL) + "---|"]
    for ability in ABILITIES.values():
        can = [
            "yes" if all(known.there(*call, numbers) for call in ability.calls) else "–"
            for numbers in versions.ALL.values()
        ]
        lines.append(f"| {ability.what} | {' | '.join(can)} | {ability.without} |")
    return "\n".join(lines)
