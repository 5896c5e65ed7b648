"""The weights that come with the project, and how a user names them."""

from __future__ import annotations

from pathlib import Path

from hifi_ofx.errors import WeightsError
from hifi_ofx.waiting import Check, unasked

from .checkpoint import Weights, from_stored, read_tensors, sha256
from .motion_weights import FORMAT as MOTION_FORMAT
from .motion_weights import MotionWeights, motion_from_stored

FOLDER = Path(__file__).parents[1] / "weights"
SUMS = FOLDER / "SHA256SUMS"  # "<hash>  aligned.safetensors" a line


def shipped_weights() -> list[str]:
    """The names that `--weights` knows, sorted."""
    return sorted(file.stem for file in FOLDER.glob("*.safetensors"))


def weights_path(name: str) -> Path:
    """The file for a shipped name or a path. Raises WeightsError, naming what there is."""
    shipped = FOLDER / f"{name}.safetensors"
    path = shipped if name in shipped_weights() else Path(name)
    if not path.is_file():
        raise WeightsError(
            f"There are no weights {name!r}.",
            f"Name a .safetensors file, or one of {', '.join(shipped_weights())}.",
        )
    return path


def load(path: Path, check: Check = unasked) -> Weights | MotionWeights:
    """Weights from a file; a shipped one must have the SHA-256 that is written down for it.

    Raises WeightsError for a file that is missing, damaged or of another kind.
    """
    if path.parent == FOLDER:
        _check_sum(path, check)
    tensors, metadata = read_tensors(path, check)
    if metadata.get("format") == MOTION_FORMAT:
        return motion_from_stored(path, tensors, metadata)
    return from_stored(path, tensors, metadata)


def _check_sum(path: Path, check: Check) -> None:
    lines = [line.split() for line in SUMS.read_text().splitlines()]
    expected = {name: digest for digest, name in lines}.get(path.name, "not written down")
    found = sha256(path, check)
    if expected != found:
        raise WeightsError(
            f"{path} is not the file that was shipped: its SHA-256 is {found[:16]}…, "
            f"and should be {expected[:16]}….",
            "Install hifi-ofx again, or give your own weights another folder.",
        )
