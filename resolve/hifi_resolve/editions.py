"""Which edition and version of Resolve lets a script do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import ResolveError

if TYPE_CHECKING:
    from fusionscript import Resolve

WITHOUT_PYTHON = (21, 1)
"""From this version on, the free edition does not allow Python in its menus."""

OTHER_WAYS = (
    "Use the HiFI Retime OpenFX node on the clip; or export the clip as an EXR sequence on the "
    "Deliver page, retime it with `hifi-ofx panel`, and import the result. Resolve Studio runs "
    "this script."
)


def is_free(product: str) -> bool:
    """Whether `Resolve.GetProductName()` names the free edition."""
    return "studio" not in product.lower()


def check(resolve: Resolve) -> None:
    """Raise ResolveError where this edition does not allow what the script needs."""
    product = resolve.GetProductName() or ""
    version = tuple(int(number) for number in list(resolve.GetVersion() or [])[:2])
    if is_free(product) and version >= WITHOUT_PYTHON:
        raise ResolveError(
            f"The free {product} {resolve.GetVersionString()} does not allow Python scripts.",
            OTHER_WAYS,
        )
