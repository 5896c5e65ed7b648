"""Scenes to pixels: front to back, in tiles, looking up only what is seen.

Every layer is a texture and a mask under its own motion, below one camera for the scene. A frame
at any time comes from the motion at that time, never from warping another frame, so the in-between
is the truth. All light is linear.

Shapes: B scenes, L layers (the first is the background), N times, M tiles of P pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .movement import Motion, Ripple, picked
from .palette import Palette

TILE = 8  # pixels; P is its square
CHUNK = 2048  # tiles at a time on a CPU: what its caches hold


@dataclass(frozen=True)
class Scene:
    """Layers back to front: numbers of textures and masks (B, L); mask -1 is no layer."""

    palette: Palette
    textures: Tensor  # (B, L)
    masks: Tensor  # (B, L); the background's is ignored
    gains: Tensor  # (B, L, 3) factors of linear light
    opacity: Tensor  # (B, L)
    layers: Motion  # (B, L)
    ripples: Ripple  # (B, L)
    camera: Motion  # (B,)


def render(scene: Scene, times: Tensor, size: int) -> Tensor:
    """The scene at times (B, N): linear light (B, N, 3, size, size)."""
    canvas = _Canvas.blank(scene, times, size)
    for layer in range(scene.masks.shape[1] - 1, -1, -1):
        _draw(canvas, layer)
    return canvas.image(size)


def expose(scene: Scene, times: Tensor, size: int, shutter: Tensor, count: int) -> Tensor:
    """Like `render`, with a shutter (B,) open around each time: the mean of `count` sub-times."""
    offsets = (torch.arange(count, device=times.device) + 0.5) / count - 0.5
    moments = times[..., None] + shutter[:, None, None] * offsets  # (B, N, count)
    frames = render(scene, moments.flatten(1), size)
    batch, number = times.shape
    return frames.view(batch, number, count, 3, size, size).mean(2)


@dataclass(frozen=True)
class _Canvas:
    """Tiles in the making: light so far, and how much of what lies behind still shows."""

    scene: Scene
    light: Tensor  # (M, 3, P)
    clear: Tensor  # (M, P)
    maps: Tensor  # (B, L, N, 3, 3) frame to layer
    paths: Tensor  # (B, L, N) of the layers
    centers: Tensor  # (n,) of n x n tiles, along either axis
    inner: tuple[Tensor, Tensor]  # (P,) x and y from a tile's center

    @staticmethod
    def blank(scene: Scene, times: Tensor, size: int) -> _Canvas:
        device = times.device
        side = -(-size // TILE)
        centers = (torch.arange(side, device=device) + 0.5) * TILE - size / 2
        line = torch.arange(TILE, device=device) - (TILE - 1) / 2
        repeated = times[:, None].expand(-1, scene.masks.shape[1], -1)
        maps = scene.layers.inverse(repeated) @ scene.camera.inverse(times)[:, None]
        clear = torch.ones(times.numel() * side * side, TILE * TILE, device=device)
        light = torch.zeros(len(clear), 3, TILE * TILE, device=device)
        inner = line.repeat(TILE), line.repeat_interleave(TILE)
        return _Canvas(scene, light, clear, maps, scene.layers.path(repeated), centers, inner)

    def points(self, tiles: Tensor) -> tuple[Tensor, Tensor]:
        """x and y (m, P) from the frame's center of the pixels of some tiles (m,)."""
        side = len(self.centers)
        x, y = self.centers[tiles % side], self.centers[tiles // side % side]
        return x[:, None] + self.inner[0], y[:, None] + self.inner[1]

    def image(self, size: int) -> Tensor:
        side = len(self.centers)
        batch, _, number = self.paths.shape
        tiles = self.light.view(batch, number, side, side, 3, TILE, TILE)
        whole = tiles.permute(0, 1, 4, 2, 5, 3, 6).reshape(batch, number, 3, side * TILE, -1)
        return whole[..., :size, :size]


def _draw(canvas: _Canvas, layer: int) -> None:
    """Put a layer behind what is there already."""
    live = canvas.clear.amax(1) > 0
    if layer:
        live &= _touched(canvas, layer).flatten()
    chunk = CHUNK if live.device.type == "cpu" else len(live)
    for tiles in torch.split(live.nonzero()[:, 0], chunk):
        _draw_tiles(canvas, layer, tiles)


def _draw_tiles(canvas: _Canvas, layer: int, tiles: Tensor) -> None:
    scene, is_ground = canvas.scene, layer == 0
    frames = tiles // len(canvas.centers) ** 2
    owner = frames // canvas.paths.shape[2]
    x, y = _looked_up(canvas, layer, tiles, frames, owner)
    clear = canvas.clear.index_select(0, tiles)
    if is_ground:
        weight = clear
    else:
        mask = scene.masks[owner, layer]
        weight = scene.palette.coverage(mask, x, y).mul_(scene.opacity[owner, layer][:, None])
        weight.mul_(clear)
        canvas.clear.index_copy_(0, tiles, clear.sub_(weight))
        seen = (weight.amax(1) > 0).nonzero()[:, 0]
        rows = (tiles, owner, x, y, weight)
        tiles, owner, x, y, weight = (value.index_select(0, seen) for value in rows)
    textures, gains = scene.textures[owner, layer], scene.gains[owner, layer]
    light = scene.palette.light(textures, x, y, is_ground, gains).mul_(weight[:, None])
    canvas.light.index_copy_(0, tiles, light.add_(canvas.light.index_select(0, tiles)))


def _touched(canvas: _Canvas, layer: int) -> Tensor:
    """Which tiles (B, N, n, n) the bounds of a layer's mask may touch.

    The bounds are four half planes in the frame; a tile is out where all of it is beyond one.
    """
    scene, maps = canvas.scene, canvas.maps[:, layer]
    masks = scene.masks[:, layer]
    shift = scene.ripples.largest_shift()[:, layer, None]
    outward = torch.tensor([-1.0, 1.0, -1.0, 1.0], device=maps.device)
    bounds = scene.palette.boxes[masks.clamp(min=0)] + outward * shift  # (B, 4)
    rows = maps[..., [0, 0, 1, 1], :] - bounds[:, None, :, None] * maps[..., 2:, :]
    planes = rows * outward[:, None]  # (B, N, 4, 3), positive beyond the bound
    x, y, one = planes[..., None, None, :].unbind(-1)
    nearest = x * canvas.centers + y * canvas.centers[:, None] + one
    nearest = nearest - (x.abs() + y.abs()) * (TILE / 2)
    inside = (nearest <= 0).all(2)
    return inside & (masks >= 0)[:, None, None, None]


def _looked_up(
    canvas: _Canvas, layer: int, tiles: Tensor, frames: Tensor, owner: Tensor
) -> tuple[Tensor, Tensor]:
    """Layer coordinates (m, P) of the pixels of some tiles."""
    maps = canvas.maps[:, layer].flatten(0, 1).index_select(0, frames)
    x, y = canvas.points(tiles)
    u, v, w = (
        torch.addcmul(maps[:, row, 2:] + maps[:, row, :1] * x, maps[:, row, 1:2], y)
        for row in range(3)
    )
    scale = w.clamp_(min=0.1).reciprocal_()  # what is nearly behind the camera is never seen
    u, v = u.mul_(scale), v.mul_(scale)
    waving = (canvas.scene.ripples.largest_shift()[:, layer] > 0)[owner].nonzero()[:, 0]
    if len(waving):
        along = canvas.paths[:, layer].flatten()[frames[waving], None]
        ripples = picked(canvas.scene.ripples, (owner[waving], layer))
        u[waving], v[waving] = ripples.shift(u[waving], v[waving], along)
    return u, v
