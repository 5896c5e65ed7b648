"""docs/resolve.md says what the settings and the table of calls say."""

from pathlib import Path

from hifi_resolve.abilities import ABILITIES

from hifi_ofx.parameters import markdown_table
from hifi_ofx.placement import Placement
from tests.resolve_host import known, versions

PAGE = Path(__file__).parents[2] / "docs" / "resolve.md"


def part(name):
    """What stands between two comments of the page."""
    text = PAGE.read_text(encoding="utf-8")
    return text.partition(f"<!-- {name} -->\n")[2].partition(f"\n<!-- /{name} -->")[0]


def features():
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


def test_the_table_of_settings_is_generated():
    assert part("placement") == markdown_table(Placement)


def test_the_table_of_versions_is_generated():
    assert part("versions") == features()


def test_every_picture_of_the_page_is_there():
    text = PAGE.read_text(encoding="utf-8")
    names = [piece.partition(")")[0] for piece in text.split("](pictures/")[1:]]
    assert len(names) >= 3
    assert all((PAGE.parent / "pictures" / name).is_file() for name in names)
