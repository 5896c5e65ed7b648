"""Image sequences: the pattern of a plate's file names, and the frames found on disk.

A pattern names its frame number as `####` or `@@@@` (at least so many digits) or as `%04d`; a path
with the suffix of a video file is one clip. A file belongs to a sequence when writing its number
through the pattern gives its name, so 10001 belongs to `####` and `plate.00001.exr` does not.
"""

from __future__ import annotations

import difflib
import itertools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hifi_ofx.errors import InvalidSetting, OutputError, SequenceError

VIDEO_SUFFIXES = (".mov", ".mp4", ".mxf", ".mkv", ".avi", ".webm", ".m4v")

# In this order, so that an @ or # which is part of the name can stay: the first kind found counts.
_PLACEHOLDERS = (re.compile(r"%(0?)([0-9]{0,2})d"), re.compile(r"#+"), re.compile(r"@+"))
# Spellings of other programs: Houdini, RV and Resolve, shells, Python.
_FOREIGN = re.compile(r"\$F[0-9]?|\[[0-9]+-[0-9]+\]|\*+|\?+|\{[^{}]*\}|<[^<>]*>")
# The last number before the suffix; a dash counts as its sign only behind a dot, _ or a space.
_LAST_NUMBER = re.compile(r"(?:(?:(?<=[._ ])|^)-)?[0-9]+(?=[^0-9]*$)")
_QUOTE = "Keep it in quotes: some shells read # as a comment or a wildcard."


@dataclass(frozen=True)
class ImageSequence:
    """Files in `folder` named `prefix` + frame number of `padding` digits or more + `suffix`.

    Make one with `parse` or `around`. `pattern` is the text it was made from, for messages. Frames
    are looked up on disk once, at the first question about them; a later change on disk needs a new
    object.
    """

    pattern: str
    folder: Path
    prefix: str
    suffix: str
    padding: int = 4
    is_video: bool = False

    @classmethod
    def parse(cls, text: str) -> ImageSequence:
        """The sequence that a pattern describes; InvalidSetting, with the right spelling, if none.

        Backslashes are taken as separators on every system and `~` as the home folder.
        """
        path = _path(text)
        if path.suffix.lower() in VIDEO_SUFFIXES:
            return cls(text, path.parent, path.name, "", 0, is_video=True)
        match = _placeholder(path.name, text)
        if match is None:
            raise _no_placeholder(path, text)
        padding = _padding(match, text)
        start, end = match.span()
        return cls(text, path.parent, path.name[:start], path.name[end:], padding)

    @classmethod
    def around(cls, text: str) -> ImageSequence:
        """The sequence that one frame's file name, such as `plate.1001.exr`, belongs to.

        A video is taken as in `parse`, and so is a pattern that is not itself a file on disk.
        """
        path = _path(text)
        is_pattern = not path.is_file() and _placeholder(path.name, text)
        if path.suffix.lower() in VIDEO_SUFFIXES or is_pattern:
            return cls.parse(text)
        match = _LAST_NUMBER.search(path.stem)
        if match is None:
            raise _no_placeholder(path, text)
        return cls.parse(str(path.with_name(_with_hashes(path.name, match))))

    def path(self, frame: int) -> Path:
        """The file of a frame, whether it exists or not; a video's frames share one file.

        Negative numbers are written as printf does: the sign counts as one of the digits.
        """
        return self.folder / self._name(frame)

    def frames(self) -> tuple[int, ...]:
        """The frame numbers on disk, ascending. SequenceError when the folder cannot be listed."""
        return self._scan[0]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found and left aside, as sentences for the log."""
        return self._scan[1]

    @property
    def first(self) -> int:
        """The first frame on disk. SequenceError when there is none."""
        return self._some()[0]

    @property
    def last(self) -> int:
        """The last frame on disk. SequenceError when there is none."""
        return self._some()[-1]

    def missing(self, frames: Iterable[int]) -> list[int]:
        """Those of the frames that are not on disk, ascending."""
        return sorted(set(frames).difference(self.frames()))

    def _name(self, frame: int) -> str:
        return (
            self.prefix if self.is_video else f"{self.prefix}{frame:0{self.padding}d}{self.suffix}"
        )

    def _number(self, name: str) -> int | None:
        """The frame number that a file name holds in the placeholder's place, in any padding."""
        if not (name.startswith(self.prefix) and name.endswith(self.suffix)):
            return None
        digits = name[len(self.prefix) : len(name) - len(self.suffix)]
        return int(digits) if re.fullmatch(r"-?[0-9]{1,12}", digits) else None

    @cached_property
    def _scan(self) -> tuple[tuple[int, ...], tuple[str, ...]]:
        if self.is_video:
            raise SequenceError(
                f"{self.pattern} is a video; its frames are not files.", "Read it with the engine."
            )
        found: list[tuple[int, str]] = []
        others: list[tuple[int, str]] = []
        for name in self._listing:
            number = self._number(name)
            if number is not None:
                (found if name == self._name(number) else others).append((number, name))
        return tuple(sorted(number for number, _ in found)), self._left_aside(sorted(others))

    @cached_property
    def _listing(self) -> list[str]:
        try:
            return os.listdir(self.folder)
        except OSError as error:
            raise SequenceError(
                f"Folder {str(self.folder)!r} cannot be listed: {error.strerror}.",
                "Check the path and its permissions.",
            ) from error

    def _left_aside(self, others: list[tuple[int, str]]) -> tuple[str, ...]:
        if not others:
            return ()
        return (
            f"{len(others)} file(s) with another number of digits than {Path(self.pattern).name!r} "
            f"are ignored, the first is {others[0][1]!r}.",
        )

    def _some(self) -> tuple[int, ...]:
        frames = self.frames()
        if frames:
            return frames
        target = self._name(1001).lower()
        names = {name.lower(): name for name in itertools.islice(self._listing, 1000)}
        close = difflib.get_close_matches(target, names, n=1)
        if not close:
            raise SequenceError(
                f"No frames match {self.pattern}.", "Check the folder and the name."
            )
        raise SequenceError(
            f"No frames match {self.pattern}.", f"The folder has {names[close[0]]!r}: is that it?"
        )


def same_files(source: ImageSequence, target: ImageSequence) -> None:
    """Raise OutputError when a frame written to `target` could replace a file of `source`.

    Folders are compared with links resolved. Names that differ only in case count as the same, as
    they are on Windows and macOS.
    """
    if _folder_key(source.folder) != _folder_key(target.folder):
        return
    names = [source._name(0)] if source.is_video else _source_names(source)
    clash = next((name for name in names if _would_write(target, name)), None)
    if clash is not None:
        raise OutputError(
            f"The target {target.pattern} would overwrite the source ({clash!r}).",
            "Write to another folder or under another name.",
        )


def _source_names(source: ImageSequence) -> list[str]:
    frames = source.frames() if source.folder.is_dir() else ()
    # Without a frame on disk, the patterns alone are compared.
    return [source._name(frame) for frame in frames or (0, 1001, 10001)]


def _would_write(target: ImageSequence, name: str) -> bool:
    if target.is_video:
        return target.prefix.casefold() == name.casefold()
    start, end = len(target.prefix), len(name) - len(target.suffix)
    spelled = f"{target.prefix}{name[start:end]}{target.suffix}"
    if spelled.casefold() != name.casefold():
        return False
    number = target._number(spelled)
    return number is not None and target._name(number) == spelled


def _folder_key(folder: Path) -> str:
    """The real folder, in a form in which equal folders compare equal."""
    real = os.path.realpath(folder)
    try:
        status = os.stat(real)
    except OSError:
        return real.casefold()
    return f"{status.st_dev}:{status.st_ino}" if status.st_ino else real.casefold()


def _path(text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise InvalidSetting("The path of the sequence is empty.", "Write it as 'plate.####.exr'.")
    path = Path(os.path.expanduser(text.replace("\\", "/")))
    if text.rstrip().endswith(("/", "\\")) or not path.name:
        raise InvalidSetting(
            f"{text!r} is a folder, not a sequence.", "Add a file name such as 'plate.####.exr'."
        )
    return path


def _placeholder(name: str, text: str) -> re.Match[str] | None:
    for kind in _PLACEHOLDERS:
        matches = list(kind.finditer(name))
        if len(matches) > 1:
            raise InvalidSetting(
                f"{text!r} names the frame number {len(matches)} times.",
                "Write the frame number once, as %04d; then # and @ are part of the name.",
            )
        if matches:
            return matches[0]
    return None


def _padding(match: re.Match[str], text: str) -> int:
    if not match.group().startswith("%"):
        return len(match.group())
    zero, width = match.groups()
    if width and not zero:
        raise InvalidSetting(
            f"{text!r} pads the frame number with spaces.", f"Write %0{width}d for zeros."
        )
    return int(width or 1)


def _with_hashes(name: str, match: re.Match[str]) -> str:
    """The name with a number replaced by a placeholder of its width, in a kind that is unique."""
    width = len(match.group())
    kind = f"%0{width}d" if "#" in name else "#" * width
    return name[: match.start()] + kind + name[match.end() :]


def _no_placeholder(path: Path, text: str) -> InvalidSetting:
    message = f"{text!r} does not say where the frame number goes."
    foreign = _FOREIGN.search(path.name)
    if foreign:
        name = f"{path.name[: foreign.start()]}####{path.name[foreign.end() :]}"
        message = f"{text!r} writes the frame number as {foreign.group()}, which is not read here."
    elif any(kind.search(part) for kind in _PLACEHOLDERS[:2] for part in path.parts[:-1]):
        message = f"{text!r} has the frame number in a folder's name."
        name = f"{path.stem}.####{path.suffix}"
    else:
        match = _LAST_NUMBER.search(path.stem)
        name = _with_hashes(path.name, match) if match else f"{path.stem}.####{path.suffix}"
    return InvalidSetting(message, f"Write {str(path.with_name(name))!r}. {_QUOTE}")
