"""Files in the repository that are made from declarations; `python -m tests --fix` writes them.

The tables of settings in pages, the OpenFX plug-in's parameters, and the picture of Nuke's knobs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from hifi_ofx.ofx import generate
from hifi_ofx.parameters import markdown_table
from hifi_ofx.placement import Placement
from hifi_ofx.quality import Footage, Machine, Output, Quality
from tests.nuke import picture
from tests.resolve_host import features

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs/nuke_panel.png"

# The tables that stand between `<!-- name -->` and `<!-- /name -->` in a page.
TABLES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "README.md": {
        name: partial(markdown_table, settings)
        for name, settings in (
            ("quality", Quality), ("output", Output), ("footage", Footage), ("machine", Machine)
        )
    },
    "docs/resolve.md": {
        "placement": partial(markdown_table, Placement), "versions": features.table
    },
}  # fmt: skip


def main() -> int:
    """Write what is out of date, and say what it was. Returns 0."""
    for path in stale():
        if path == PICTURE:
            picture.save(path)
        else:
            path.write_text(texts()[path], encoding="utf-8", newline="\n")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


def stale() -> list[Path]:
    """The files that are not what the declarations say today."""
    wrong = [path for path, text in texts().items() if path.read_text(encoding="utf-8") != text]
    return wrong + ([] if picture.signature_of(PICTURE) == picture.signature() else [PICTURE])


def texts() -> dict[Path, str]:
    """The files of text, as they should be."""
    pages = {ROOT / name: _page(ROOT / name, tables) for name, tables in TABLES.items()}
    return {**pages, generate.HEADER: generate.header()}


def _page(path: Path, tables: Mapping[str, Callable[[], str]]) -> str:
    text = path.read_text(encoding="utf-8")
    for name, table in tables.items():
        before, start, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->\n")
        if not start or not end:
            raise ValueError(f"{path} has no place for its table: <!-- {name} --> <!-- /{name} -->")
        text = f"{before}{start}{table()}\n{end}{after}"
    return text


if __name__ == "__main__":
    sys.exit(main())
