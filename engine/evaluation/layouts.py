"""How benchmarks lie on disk: each function finds the items below a folder.

All raise SequenceError, with the layout that is expected, where the folder is another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from hifi_ofx.codec import json_value
from hifi_ofx.errors import SequenceError

from .pictures import Item, Picture, Truth, is_video

MIDDLE = Fraction(1, 2)

XIPH_CLIPS = (
    "BoxingPractice", "Crosswalk", "DrivingPOV", "FoodMarket",
    "FoodMarket2", "RitualDance", "SquareAndTimelapse", "Tango",
)  # fmt: skip
SEPE_FRAMES = (145, 150, 155)

_PICTURES = (".png", ".exr", ".tif", ".tiff", ".jpg", ".jpeg", ".dpx")


def triplets(root: Path) -> list[Item]:
    """Folders of 0, 1 and 2 (.png or .exr); `tags` in an optional meta.json, comma-separated."""
    folders = sorted(path for path in root.glob("*") if _numbered(path, 0)) if root.is_dir() else []
    if not folders:
        raise SequenceError(
            f"{root} has no folders with files 0, 1 and 2 (.png or .exr) in them.",
            "Give the folder that holds the triplets' folders.",
        )
    return [_triplet(folder) for folder in folders]


def vimeo(root: Path) -> list[Item]:
    """Vimeo-90K triplets: those of tri_testlist.txt, in sequences/XXXXX/XXXX/im1 to im3.png."""
    listing = root / "tri_testlist.txt"
    if not listing.is_file() or not (root / "sequences").is_dir():
        raise SequenceError(
            f"{root} is not Vimeo-90K's triplet folder: it lacks tri_testlist.txt or sequences.",
            "Give the folder vimeo_triplet, which holds both.",
        )
    names = [line.strip() for line in listing.read_text().splitlines() if line.strip()]
    if not names:
        raise SequenceError(f"{listing} names no triplets.", "Unpack the data set again.")
    folder = root / "sequences"
    return [_middle(name, [folder / name / f"im{n}.png" for n in (1, 2, 3)]) for name in names]


def xiph(root: Path) -> list[Item]:
    """Xiph's eight 4K clips as NAME-001.png to NAME-100.png: frames 2, 4 … 98 from odd ones."""
    folder = _inside(root, "netflix", "*-001.png")
    clips = [clip for clip in XIPH_CLIPS if (folder / f"{clip}-001.png").is_file()]
    if not clips:
        raise SequenceError(
            f"{root} is not the Xiph benchmark: there is no {XIPH_CLIPS[0]}-001.png in it.",
            "Give the folder with NAME-001.png to NAME-100.png of the eight clips; "
            "docs/evaluation.md says how to make them.",
        )
    return [
        _middle(f"{clip}-{n:03}", [folder / f"{clip}-{n + i:03}.png" for i in (-1, 0, 1)], (clip,))
        for clip in clips
        for n in range(2, 99, 2)
    ]  # fmt: skip


def x_test(root: Path) -> list[Item]:
    """X4K1000FPS's test set, TypeN/TESTxx/0000.png …: 7 frames, 4 to 28, between 0 and 32."""
    folder = _inside(root, "test", "Type*/TEST*")
    scenes = sorted(path for path in folder.glob("Type*/TEST*") if path.is_dir())
    if not scenes:
        raise SequenceError(
            f"{root} is not the X-TEST benchmark: it has no folders TypeN/TESTxx.",
            "Give the folder test of X4K1000FPS, which holds Type1, Type2 and Type3.",
        )
    return [_x_test_scene(scene) for scene in scenes]


def sepe(root: Path) -> list[Item]:
    """SEPE 8K: a video, or a folder of numbered frames, a clip; frame 150 from 145 and 155.

    Frames of a video count from 1; those of a folder by the number that ends their name.
    """
    entries = sorted(root.iterdir()) if root.is_dir() else []
    found = [pictures for entry in entries if (pictures := _sepe_clip(entry))]
    if not found:
        raise SequenceError(
            f"{root} is not the SEPE 8K benchmark: it has neither videos nor folders with frames "
            f"numbered {', '.join(map(str, SEPE_FRAMES))}.",
            "Give the folder with a video, or a folder of frames, for each of the 40 clips.",
        )
    return found


def _inside(root: Path, name: str, pattern: str) -> Path:
    """`root` itself, or the folder of that name in it where only that one fits the pattern."""
    below = root / name
    return below if not any(root.glob(pattern)) and any(below.glob(pattern)) else root


def _middle(name: str, files: Sequence[Path], tags: tuple[str, ...] = ()) -> Item:
    """The item of three files in the order of time, the second one being true."""
    first, truth, second = files
    middle = Truth(name, MIDDLE, Picture(truth))
    return Item(name, Picture(first), Picture(second), (middle,), tags)


def _triplet(folder: Path) -> Item:
    files = [_numbered(folder, number) for number in (0, 1, 2)]
    for number, file in enumerate(files):
        if file is None:
            raise SequenceError(
                f"{folder} has no frame {number}.", "A triplet is 0, 1 and 2, .png or .exr."
            )
    return _middle(folder.name, [file for file in files if file], _tags(folder / "meta.json"))


def _numbered(folder: Path, number: int) -> Path | None:
    candidates = (folder / f"{number}{suffix}" for suffix in (".png", ".exr"))
    return next((path for path in candidates if path.is_file()), None)


def _tags(meta: Path) -> tuple[str, ...]:
    if not meta.is_file():
        return ()
    try:
        words = str(json_value(meta.read_text(encoding="utf-8")).get("tags", "")).split(",")
    except (ValueError, AttributeError) as error:
        raise SequenceError(
            f"{meta} cannot be read: {error}.",
            'It is JSON such as {"tags": "pan,fence"}, or is left out.',
        ) from error
    return tuple(dict.fromkeys(word.strip() for word in words if word.strip()))


def _x_test_scene(scene: Path) -> Item:
    name = f"{scene.parent.name}/{scene.name}"
    truths = tuple(
        Truth(f"{name}/{n:04}", Fraction(n, 32), Picture(scene / f"{n:04}.png"))
        for n in range(4, 32, 4)
    )
    first, second = Picture(scene / "0000.png"), Picture(scene / "0032.png")
    return Item(name, first, second, truths, (scene.parent.name,))


def _sepe_clip(entry: Path) -> Item | None:
    if entry.is_file() and is_video(entry):
        first, truth, second = (Picture(entry, number) for number in SEPE_FRAMES)
        return Item(entry.stem, first, second, (Truth(entry.stem, MIDDLE, truth),))
    frames = [_frame_file(entry, number) for number in SEPE_FRAMES] if entry.is_dir() else []
    files = [file for file in frames if file]
    return _middle(entry.name, files) if len(files) == len(SEPE_FRAMES) else None


def _frame_file(folder: Path, number: int) -> Path | None:
    """The picture whose name ends in this number, zero-padded or not."""
    ending = re.compile(rf"(^|\D)0*{number}$")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURES)
    return next((path for path in files if ending.search(path.stem)), None)
