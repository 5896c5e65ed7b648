"""docs/resolve.md says what the settings say."""

from pathlib import Path

from hifi_ofx.parameters import markdown_table
from hifi_ofx.placement import Placement

PAGE = Path(__file__).parents[2] / "docs" / "resolve.md"


def test_the_table_of_settings_is_generated():
    text = PAGE.read_text(encoding="utf-8")
    table = text.partition("<!-- placement -->\n")[2].partition("\n<!-- /placement -->")[0]
    assert table == markdown_table(Placement)
