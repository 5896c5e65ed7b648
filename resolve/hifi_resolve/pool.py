"""The result in the media pool: one clip, in a folder of its own, with what an editor goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import ResolveError, identity, needed, text, whole
from .clip import Clip
from .exr_files import Found
from .rates import parse_rate, relabeled
from .restore import Undo, attempt, show_folder

if TYPE_CHECKING:
    from fusionscript import Folder, MediaPool, MediaPoolItem, Project

FOLDER = "HiFI Retime"
"""The media pool's folder for results, below the root."""


def import_result(
    project: Project, clip: Clip, found: Found, read_direct: bool, undo: Undo
) -> tuple[MediaPoolItem, list[str]]:
    """Import the sequence as one clip; the clip, and notes on what Resolve did not take.

    Rate and start timecode are the timeline's, so that each frame is shown once; reel name, clip
    color and input color space are the original's. Raises ResolveError when it is not one clip of
    all frames at that rate.
    """
    pool = project.GetMediaPool()
    folder = _folder(pool, undo)
    if not attempt(lambda: show_folder(pool, folder)):
        raise ResolveError(f"Resolve did not open the folder {FOLDER!r}.", "Run the script again.")
    media = _imported(pool, folder, found, undo)
    notes = _dress(project, clip, media, read_direct)
    return media, notes


def _folder(pool: MediaPool, undo: Undo) -> Folder:
    root = needed(pool.GetRootFolder(), "show the media pool")
    for folder in root.GetSubFolderList() or []:
        if folder.GetName() == FOLDER:
            return folder
    undo.add(f"the empty folder {FOLDER!r} in the media pool", lambda: _folder_gone(pool, root))
    return needed(pool.AddSubFolder(root, FOLDER), f"make a folder {FOLDER!r} in the media pool")


def _folder_gone(pool: MediaPool, root: Folder) -> bool:
    mine = [folder for folder in root.GetSubFolderList() or [] if folder.GetName() == FOLDER]
    if any(folder.GetClipList() for folder in mine):
        return False
    if mine:
        pool.SetCurrentFolder(root)
        pool.DeleteFolders(mine)
    return not [f for f in root.GetSubFolderList() or [] if f.GetName() == FOLDER]


def _imported(pool: MediaPool, folder: Folder, found: Found, undo: Undo) -> MediaPoolItem:
    before = {identity(clip) for clip in folder.GetClipList() or []}
    undo.add("the imported clip, to be deleted", lambda: _clips_gone(pool, folder, before))
    pool.ImportMedia(
        [{"FilePath": found.pattern, "StartIndex": found.first, "EndIndex": found.last}]
    )
    new = [clip for clip in folder.GetClipList() or [] if identity(clip) not in before]
    count = found.last - found.first + 1
    if len(new) == 1 and whole(new[0], "Frames") == count:
        return new[0]
    raise ResolveError(
        f"Resolve imported {count} frames as {len(new)} clips; one clip was expected.",
        "Turn off Show Individual Frames in the media pool's menu, and run the script again.",
    )


def _clips_gone(pool: MediaPool, folder: Folder, before: set[str]) -> bool:
    new = [clip for clip in folder.GetClipList() or [] if identity(clip) not in before]
    if new:
        pool.DeleteClips(new)
    return not [c for c in folder.GetClipList() or [] if identity(c) not in before]


def _dress(project: Project, clip: Clip, media: MediaPoolItem, read_direct: bool) -> list[str]:
    media.SetClipProperty("FPS", clip.timeline_rate.spelling)
    if parse_rate(text(media, "FPS")).fps != clip.timeline_rate.fps:
        raise ResolveError(
            f"Resolve keeps the result at {text(media, 'FPS')} fps; the timeline runs at "
            f"{clip.timeline_rate.spelling}.",
            "Import the frames by hand, and set their frame rate in Clip Attributes.",
        )
    media.SetName(f"{clip.stem} slow")
    color = clip.media.GetClipColor()
    if color:
        media.SetClipColor(color)
    wanted = {
        "Start TC": relabeled(clip.timecode, clip.rate, clip.timeline_rate),
        "Reel Name": text(clip.media, "Reel Name"),
        "Input Color Space": _color_space(project, clip, read_direct),
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


def _color_space(project: Project, clip: Clip, read_direct: bool) -> str:
    """What the files hold: the media's own values, or what Deliver made of them."""
    if project.GetSetting("colorScienceMode") in ("davinciYRGB", "", None):
        return ""  # not managed: values are taken as they are, both ways
    if read_direct:
        return text(clip.media, "Input Color Space")
    return str(project.GetSetting("colorSpaceOutput") or "")
