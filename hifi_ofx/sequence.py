"""Image sequences: the pattern of a plate's file names, and the frames found on disk.

A pattern names its frame number as `####` or `@@@@` (at least so many digits) or as `%04d`; a video
file is one clip. A file belongs to a sequence when writing its number through the pattern gives its
name, so 10001 belongs to `####` and `plate.00001.exr` does not.
"""

from __future__ import annotations

import difflib
import itertools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from hifi_ofx import placeholder
from hifi_ofx.errors import InvalidSetting, MissingFrames, OutputError, SequenceError
from hifi_ofx.folder import the_sequence
from hifi_ofx.placeholder import Reading
from hifi_ofx.spelling import composed, key, on_disk
from hifi_ofx.video_file import VIDEO_SUFFIXES, is_video

__all__ = ["VIDEO_SUFFIXES", "ImageSequence", "names_files", "no_matte", "same_files"]


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
            return cls._video(path, text)
        reading = placeholder.likeliest(path.name, text)
        if reading is None:
            raise placeholder.no_placeholder(path, text, "--frames")
        if refused := placeholder.view_refused(path, text):
            raise refused
        return cls._read(path, reading, text)

    @classmethod
    def around(cls, text: str) -> ImageSequence:
        """The sequence on disk that a pattern, or one frame's file such as `plate.1001.exr`, names.

        A pattern that can be read in several ways, as `100%d.####.exr`, is read in the way that
        finds frames. Names are found in either spelling of accented letters (Unicode's composed and
        decomposed forms: Macs write the second). A folder names the only sequence in it.
        """
        text = the_sequence(text)
        path = on_disk(_path(text))
        if is_video(path):
            return cls._video(path, text)
        readings = [] if path.is_file() else placeholder.readings(path.name)
        ways = [cls._read(path, one, text) for one in readings if one.kind != " "]
        if not readings and (number := placeholder.of_number(path.name)):
            ways = [cls._read(path, number, str(path.with_name(placeholder.spelled(number))))]
        found = next(filter(None, (way._as_on_disk() for way in ways)), None)
        if found:
            return found
        if refused := placeholder.view_refused(path, text):
            raise refused
        if not readings and placeholder.is_foreign(path.name):
            raise placeholder.no_placeholder(path, text, "--range")
        return ways[0] if len(ways) == 1 else cls.parse(text)

    @classmethod
    def _video(cls, path: Path, text: str) -> ImageSequence:
        return cls(text, path.parent, path.name, "", 0, is_video=True)

    @classmethod
    def _read(cls, path: Path, reading: Reading, text: str) -> ImageSequence:
        return cls(text, path.parent, reading.prefix, reading.suffix, reading.padding)

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

    def empty(self, frames: Iterable[int]) -> dict[int, str]:
        """Those of the frames on disk whose file has no bytes, and "0 bytes"."""
        there = set(frames).intersection(self.frames())
        return {frame: "0 bytes" for frame in there if not self.path(frame).stat().st_size}

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
        raise SequenceError(f"No frames match {self.pattern}.", self._hint())

    def _hint(self) -> str:
        """What may have been meant by a pattern that no file matches."""
        path = _path(self.pattern)
        if ranged := placeholder.range_in(path):
            return ranged
        if padded := self._other_padding():
            return padded
        target = self._name(1001).lower()
        names = {name.lower(): name for name in itertools.islice(self._listing, 1000)}
        close = difflib.get_close_matches(target, names, n=1)
        if not close:
            return "Check the folder and the name."
        return f"The folder has {names[close[0]]!r}: is that it?"

    def _other_padding(self) -> str:
        numbers = sorted(name for name in self._listing if self._number(name) is not None)
        if not numbers:
            return ""
        widths = {len(name) - len(self.prefix) - len(self.suffix) for name in numbers}
        width = widths.pop() if len(widths) == 1 else 1
        reading = Reading(self.prefix, self.suffix, width)
        spelled = str(self.folder / placeholder.spelled(reading))
        return f"The folder has {numbers[0]!r}: write {spelled!r}."

    def _as_on_disk(self) -> ImageSequence | None:
        """The sequence with its name spelled as the files are; None when there are none."""
        try:
            if self.frames():
                return self
            listing = self._listing
        except SequenceError:
            return None
        # Letters of ASCII have one spelling.
        if (self.prefix + self.suffix).isascii():
            return None
        ways = (self._respelled(name) for name in listing)
        return next((way for way in ways if way and way.frames()), None)

    def _respelled(self, name: str) -> ImageSequence | None:
        """The sequence in the spelling of this file, if that differs in nothing but its form."""
        prefix, suffix = composed(self.prefix), composed(self.suffix)
        if not composed(name).startswith(prefix):
            return None
        start = next(n for n in range(len(name) + 1) if composed(name[:n]) == prefix)
        ends = (n for n in range(start, len(name) + 1) if composed(name[n:]) == suffix)
        end = next(ends, None)
        found = end and replace(self, prefix=name[:start], suffix=name[end:])
        return found if found and found._number(name) is not None else None


def names_files(text: str) -> bool:
    """Whether a text is a path or a pattern, and not the name of a layer."""
    return bool(re.search(r"[/\\#@%]", text)) or Path(text).is_file() or is_video(Path(text))


def no_matte(pattern: str, missing: list[int]) -> MissingFrames:
    """The error for a matte that lacks these frames, of those that a retime reads."""
    return MissingFrames(
        f"The matte {pattern} has no frame {missing[0]} ({len(missing)} missing).",
        "Render it for every frame that the retime reads, by the plate's numbers.",
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
        return key(target.prefix) == key(name)
    name, prefix, suffix = composed(name), composed(target.prefix), composed(target.suffix)
    number = name[len(prefix) : len(name) - len(suffix)]
    if key(f"{prefix}{number}{suffix}") != key(name):
        return False
    spelled = replace(target, prefix=prefix, suffix=suffix)
    frame = spelled._number(f"{prefix}{number}{suffix}")
    return frame is not None and spelled._name(frame) == f"{prefix}{number}{suffix}"


def _folder_key(folder: Path) -> str:
    """The real folder, in a form in which equal folders compare equal."""
    real = os.path.realpath(folder)
    try:
        status = os.stat(real)
    except OSError:
        return key(real)
    return f"{status.st_dev}:{status.st_ino}" if status.st_ino else key(real)


def _path(text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise InvalidSetting("The path of the sequence is empty.", "Write it as 'plate.####.exr'.")
    path = Path(os.path.expanduser(text.replace("\\", "/")))
    if text.rstrip().endswith(("/", "\\")) or not path.name:
        raise InvalidSetting(
            f"{text!r} is a folder, not a sequence.", "Add a file name such as 'plate.####.exr'."
        )
    return path
