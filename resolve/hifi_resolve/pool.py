"""The result in the media pool: one clip, in a folder of its own, with what an editor goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import ResolveError, asked, has, identity, if_any, listed, needed, same, text, whole
from .clip import Clip
from .color import Spaces
from .exr_files import Found
from .rates import parse_rate, relabeled
from .restore import Undo, attempt, show_folder

if TYPE_CHECKING:
    from fusionscript import Folder, MediaPool, MediaPoolItem, Project

FOLDER = "HiFI Retime"
"""The media pool's folder for results, below the root."""


def import_result(
    project: Project, clip: Clip, found: Found, spaces: Spaces, undo: Undo
) -> tuple[MediaPoolItem, list[str]]:
    """Import the sequence as one clip; the clip, and notes on what Resolve did not take.

    Rate and start timecode are the timeline's, so that each frame is shown once; reel name, clip
    color and input color space are the original's. Raises ResolveError when it is not one clip of
    all frames at that rate.
    """
    pool = project.GetMediaPool()
    folder = open_folder(pool, undo)
    media = _imported(pool, folder, found, undo)
    notes = _dress(clip, media, spaces)
    return media, notes


def open_folder(pool: MediaPool, undo: Undo) -> Folder:
    """Open the folder for results, which is made where it is not there."""
    folder = _folder(pool, undo)
    if not attempt(lambda: show_folder(pool, folder)):
        raise ResolveError(f"Resolve did not open the folder {FOLDER!r}.", "Run the script again.")
    return folder


def _folder(pool: MediaPool, undo: Undo) -> Folder:
    root = asked(pool.GetRootFolder, "show the media pool")
    for folder in ours_in(root):
        return folder
    undo.add(f"the empty folder {FOLDER!r} in the media pool", lambda: _folder_gone(pool, root))
    return needed(pool.AddSubFolder(root, FOLDER), f"make a folder {FOLDER!r} in the media pool")


def clips_in(folder: Folder) -> list[MediaPoolItem]:
    """The clips of a folder."""
    return listed(folder.GetClipList, f"list the clips of {FOLDER}")


def ours_in(root: Folder) -> list[Folder]:
    """The folders for results: one, or none. Raises ResolveError when one does not say its name."""
    named = [(asked(f.GetName, "name a folder of the media pool"), f) for f in _subfolders(root)]
    return [folder for name, folder in named if name == FOLDER]


def drop_if_empty(project: Project) -> bool:
    """Delete the folder for results, unless something is in it or it is open; whether that is done.

    Raises ResolveError when Resolve does not say what is in it.
    """
    pool = project.GetMediaPool()
    root = asked(pool.GetRootFolder, "show the media pool")
    is_open = asked(pool.GetCurrentFolder, "name the media pool's folder that is open")
    empty = [f for f in ours_in(root) if not (same(f, is_open) or clips_in(f) or _subfolders(f))]
    if empty:
        pool.DeleteFolders(empty)
    gone = {identity(folder) for folder in empty}
    return not any(identity(folder) in gone for folder in ours_in(root))


def _subfolders(folder: Folder) -> list[Folder]:
    return listed(folder.GetSubFolderList, "list the folders of the media pool")


def _folder_gone(pool: MediaPool, root: Folder) -> bool:
    mine = ours_in(root)
    if any(clips_in(folder) for folder in mine):
        return False
    if mine:
        pool.SetCurrentFolder(root)
        pool.DeleteFolders(mine)
    return not ours_in(root)


def _imported(pool: MediaPool, folder: Folder, found: Found, undo: Undo) -> MediaPoolItem:
    before = {identity(clip) for clip in clips_in(folder)}
    undo.add("the imported clip, to be deleted", lambda: _clips_gone(pool, folder, before))
    pool.ImportMedia(
        [{"FilePath": found.pattern, "StartIndex": found.first, "EndIndex": found.last}]
    )
    new = [clip for clip in clips_in(folder) if identity(clip) not in before]
    count = found.last - found.first + 1
    if len(new) == 1 and whole(new[0], "Frames") == count:
        return new[0]
    raise ResolveError(
        f"Resolve imported {count} frames as {len(new)} clips; one clip was expected.",
        "Turn off Show Individual Frames in the media pool's menu, and run the script again.",
    )


def _clips_gone(pool: MediaPool, folder: Folder, before: set[str]) -> bool:
    new = [clip for clip in clips_in(folder) if identity(clip) not in before]
    if new:
        pool.DeleteClips(new)
    return not [c for c in clips_in(folder) if identity(c) not in before]


def _dress(clip: Clip, media: MediaPoolItem, spaces: Spaces) -> list[str]:
    media.SetClipProperty("FPS", clip.timeline_rate.spelling)
    if parse_rate(text(media, "FPS")).fps != clip.timeline_rate.fps:
        raise ResolveError(
            f"Resolve keeps the result at {text(media, 'FPS')} fps; the timeline runs at "
            f"{clip.timeline_rate.spelling}.",
            "Import the frames by hand, and set their frame rate in Clip Attributes.",
        )
    if has(media, "SetName"):
        media.SetName(f"{clip.stem} slow")
    color = if_any(clip.media.GetClipColor, "")
    if color:
        media.SetClipColor(color)
    wanted = {
        "Start TC": relabeled(clip.timecode, clip.rate, clip.timeline_rate),
        "Reel Name": text(clip.media, "Reel Name"),
        **dict(spaces.tags),
    }
    return [note for key, value in wanted.items() if value for note in _set(media, key, value)]


def _set(media: MediaPoolItem, key: str, value: str) -> list[str]:
    """Set a property and look whether it is: what the call says is true of nothing."""
    if text(media, key) != value:
        media.SetClipProperty(key, value)
    now = text(media, key)
    if now.replace(";", ":") == value.replace(";", ":"):
        return []
    return [f"Set {key} of the slow-motion clip to {value!r} by hand: Resolve keeps {now!r}."]
