"""A tiny plate, the retime of it that every fault meets, and what that retime must look like."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.quality import Machine, Quality, preset
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime
from tests.service.conftest import write_exr

ROOT = Path(__file__).parents[2]
HEIGHT, WIDTH, FRAMES, SPEED = 48, 64, 4, 8
QUALITY = preset("draft")


@dataclass
class Workspace:
    """A folder with a plate; `engine` is one that no fault strikes."""

    folder: Path
    engine: EngineProcess
    reference: dict[str, bytes] = field(default_factory=dict)  # the files of a retime, by name

    def __post_init__(self) -> None:
        self.pristine.mkdir()
        for index in range(FRAMES):
            pixels = np.random.default_rng(1).random((HEIGHT, WIDTH, 3), np.float32) / 8
            pixels[10:30, 5 + 4 * index : 25 + 4 * index] = (0.1, 4.0, 30.0)
            write_exr(self.pristine / f"plate.{1001 + index}.exr", pixels)
        self.restore()
        self.render()
        self.reference = self.files()
        assert len(self.reference) == (FRAMES - 1) * SPEED + 1

    @property
    def pristine(self) -> Path:
        return self.folder / "pristine"

    @property
    def plate(self) -> Path:
        return self.folder / "plate"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def target(self) -> str:
        return f"{self.out}/slow.####.exr"

    def restore(self) -> None:
        """The plate as it was, and no target."""
        self.mend_plate()
        shutil.rmtree(self.out, ignore_errors=True)

    def mend_plate(self) -> None:
        """The plate as it was, its dates, too; the target stays."""
        shutil.rmtree(self.plate, ignore_errors=True)
        shutil.copytree(self.pristine, self.plate)

    def render(self) -> None:
        """The retime, by the engine that no fault strikes. Raises a HifiError."""
        for _ in self.engine.render(
            RenderRequest(
                source=f"{self.plate}/plate.####.exr",
                target=self.target,
                retime=Retime(speed=Fraction(1, SPEED)),
                quality=QUALITY,
                machine=Machine(device="cpu"),
            )
        ):
            pass

    def files(self) -> dict[str, bytes]:
        """Everything in the target folder but the record."""
        if not self.out.is_dir():
            return {}
        found = (path for path in self.out.iterdir() if path.suffix != ".jsonl")
        return {path.name: path.read_bytes() for path in found if path.is_file()}

    def command(self) -> list[str]:
        """The same retime, by the command line."""
        assert preset("draft") == QUALITY and isinstance(QUALITY, Quality)
        return [
            *(sys.executable, "-m", "hifi_ofx", "retime", f"{self.plate}/plate.####.exr"),
            *(self.target, "--speed", f"1/{SPEED}", "--preset", "draft", "--device", "cpu"),
            "--json",
        ]

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "HIFI_CACHE": str(self.folder / "cache"), **more}
