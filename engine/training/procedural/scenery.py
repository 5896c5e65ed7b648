"""Random scenes: what stands where, and how it moves.

Three kinds: anything; *repeated* (fences, grids and windows that move by about their period before
a photograph, where matching alone is ambiguous); *whip* (the whole scene sweeps by).
The generator is a CPU one: the same scenes on every device.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from .movement import ANGLE, SHEAR, SIZE, TILT_X, Motion, Ripple, moved
from .palette import Palette
from .rendering import Scene

SMALLEST_MOTION = 0.25  # pixels between first and second
LAYERS = 8  # at most, the background included
REPEATED, WHIP = 0.22, 0.1  # shares of the scenes


def random_scene(
    palette: Palette, batch: int, size: int, largest: float, generator: Generator
) -> Scene:
    """Scenes for frames of `size` pixels with displacements up to about `largest` pixels."""
    shape = (batch, LAYERS)
    kind = torch.rand(batch, generator=generator)
    repeated, whip = kind < REPEATED, kind > 1 - WHIP
    textures = torch.randint(palette.counts[0], shape, generator=generator)
    masks = _masks(palette, shape, generator)
    layers, camera = _layers(shape, size, largest, generator), _camera(batch, largest, generator)
    _sweep(layers, camera, whip, largest, generator)
    if repeats := (palette.periods > 0).nonzero()[:, 0].tolist():
        _repeat(layers, camera, masks, palette.periods, repeats, repeated, largest, generator)
    scene = Scene(
        palette,
        textures,
        masks,
        _gains(shape, generator),
        _opacity(shape, generator),
        layers,
        _ripples(shape, size, largest, repeated, generator),
        camera,
    )
    return moved(scene, palette.device)


def some(share: float, shape: tuple[int, ...], generator: Generator) -> Tensor:
    """1 for a share of the entries, 0 for the others."""
    return (torch.rand(shape, generator=generator) < share).float()


def _masks(palette: Palette, shape: tuple[int, int], generator: Generator) -> Tensor:
    """Two to eight layers, more often few."""
    masks = torch.randint(palette.counts[1], shape, generator=generator)
    front = torch.rand(shape[0], generator=generator) ** 3 * (LAYERS - 1)
    absent = torch.arange(LAYERS) > 1 + front.floor()[:, None]
    return masks.masked_fill_(absent, -1)


def _gains(shape: tuple[int, int], generator: Generator) -> Tensor:
    """Exposure and white balance of every layer; a few before the background are lit brightly."""
    stops = -1.2 + 1.6 * torch.rand(shape, generator=generator)
    lit = some(0.04, shape, generator) * 3 * torch.rand(shape, generator=generator)
    stops[:, 1:] += lit[:, 1:]
    cast = 0.08 * torch.randn(*shape, 3, generator=generator)
    return torch.exp2(stops[..., None] + cast)


def _opacity(shape: tuple[int, int], generator: Generator) -> Tensor:
    """A few layers are glass or smoke."""
    glass = some(0.06, shape, generator)
    return 1 - glass * (0.2 + 0.5 * torch.rand(shape, generator=generator))


def displacement(
    shape: tuple[int, ...], largest: float, still: float, generator: Generator
) -> Tensor:
    """(…, 2) pixels: any direction, log-uniform length, a share of them exactly zero."""
    span = math.log(max(largest, SMALLEST_MOTION) / SMALLEST_MOTION)
    length = SMALLEST_MOTION * torch.exp(span * torch.rand(shape, generator=generator))
    return _directed(length * (1 - some(still, shape, generator)), math.pi, generator)


def _directed(length: Tensor, spread: float, generator: Generator) -> Tensor:
    """Vectors (…, 2) of a length, at most `spread` radians from the x axis, left or right."""
    angle = spread * (2 * torch.rand(length.shape, generator=generator) - 1)
    back = math.pi * some(0.5, tuple(length.shape), generator)
    return torch.stack([length * torch.cos(angle + back), length * torch.sin(angle + back)], -1)


def _turns(shape: tuple[int, ...], scale: float, share: float, generator: Generator) -> Tensor:
    return scale * torch.randn(shape, generator=generator) * some(share, shape, generator)


def _layers(shape: tuple[int, int], size: int, largest: float, generator: Generator) -> Motion:
    """Affine for all of them; a quarter also in perspective; a few accelerate."""
    lively = min(1.0, 3 * largest / size)
    motion = Motion.still(*shape)
    pose, change = motion.pose, motion.change
    pose[..., :2] = 0.9 * size * (torch.rand(*shape, 2, generator=generator) - 0.5)
    pose[:, 0, :2] *= 0.3  # the background's edges, where it is mirrored, stay out of sight
    pose[..., ANGLE] = _turns(shape, 0.3, 0.6, generator)
    pose[..., SIZE] = 0.7 * torch.rand(shape, generator=generator) - 0.3
    pose[..., SHEAR] = _turns(shape, 0.15, 0.3, generator)
    pose[..., TILT_X:] = _tilts(shape, 0.0008, generator)
    change[..., :2] = displacement(shape, largest, 0.15, generator)
    change[..., ANGLE] = _turns(shape, 0.15 * lively, 0.45, generator)
    change[..., SIZE] = _turns(shape, 0.08 * lively, 0.45, generator)
    change[..., SHEAR] = _turns(shape, 0.05 * lively, 0.2, generator)
    change[..., TILT_X:] = _tilts(shape, 0.0004 * lively, generator)
    motion.bend[:] = _turns(shape, 0.3, 0.12, generator).clamp_(-1, 1)
    return motion


def _tilts(shape: tuple[int, int], scale: float, generator: Generator) -> Tensor:
    tilt = scale * (2 * torch.rand(*shape, 2, generator=generator) - 1)
    return tilt * some(0.25, shape, generator)[..., None]


def _camera(batch: int, largest: float, generator: Generator) -> Motion:
    """Pans, turns and zooms; a tenth of the cameras shake, a tenth accelerate."""
    shape = (batch,)
    motion = Motion.still(batch)
    motion.change[:, :2] = displacement(shape, largest, 0.4, generator)
    motion.change[:, ANGLE] = _turns(shape, 0.02, 0.3, generator)
    motion.change[:, SIZE] = _turns(shape, 0.03, 0.3, generator)
    motion.bend[:] = _turns(shape, 0.3, 0.1, generator).clamp_(-1, 1)
    shaken = some(0.1, shape, generator)[:, None]
    scale = min(3.0, 0.1 * largest)
    motion.shake[:] = scale * shaken * torch.randn(batch, 2, generator=generator)
    motion.rhythm[:, 0] = 0.2 + 0.8 * torch.rand(shape, generator=generator)
    motion.rhythm[:, 1] = 2 * math.pi * torch.rand(shape, generator=generator)
    return motion


def _sweep(
    layers: Motion, camera: Motion, whip: Tensor, largest: float, generator: Generator
) -> None:
    """Whip pans: the camera goes far, mostly sideways, and the layers hardly move of themselves."""
    far = largest * (0.3 + 0.7 * torch.rand(len(whip), generator=generator))
    swept = _directed(far, 0.4, generator)
    camera.change[whip, :2] = swept[whip]
    layers.change[whip] *= 0.1


def _repeat(
    layers: Motion,
    camera: Motion,
    masks: Tensor,
    periods: Tensor,
    repeats: list[int],
    repeated: Tensor,
    largest: float,
    generator: Generator,
) -> None:
    """Repeated scenes: fences on the layers before the background, moved by about a period.

    In half of them the background goes with the fence, and tells which of the possible
    displacements is the true one; in the others only the fence's ends and its odd bars tell.
    """
    batch = len(repeated)
    count = 1 + torch.randint(2, (batch,), generator=generator)
    place = torch.arange(LAYERS)
    fenced = repeated[:, None] & (place >= 1) & (place <= count[:, None])
    picks = torch.tensor(repeats)[torch.randint(len(repeats), masks.shape, generator=generator)]
    masks[fenced] = picks[fenced]
    masks[repeated[:, None] & (place > count[:, None] + 1)] = -1
    angle = 0.06 * torch.randn(masks.shape, generator=generator)
    layers.pose[..., ANGLE] = torch.where(fenced, angle, layers.pose[..., ANGLE])
    share = 0.4 + 2.1 * torch.rand(masks.shape, generator=generator)
    length = periods[picks] * torch.exp(layers.pose[..., SIZE]) * share
    along = _directed(length.clamp(max=largest), 0.15, generator)
    layers.change[fenced] *= 0.3
    layers.change[fenced, :2] = along[fenced]
    together = repeated & (torch.rand(batch, generator=generator) < 0.5)
    camera.change[together, :2] = layers.change[together, 1, :2]
    layers.change[together, :2, :2] = 0


def _ripples(
    shape: tuple[int, int], size: int, largest: float, rigid: Tensor, generator: Generator
) -> Ripple:
    """A sixth of the layers bend as they go. Waves are never so steep that a layer folds."""
    waves = (*shape, 2)
    length = size * (0.3 + 0.9 * torch.rand(waves, generator=generator))
    wave = _directed(2 * math.pi / length, math.pi, generator)
    soft = some(0.17, shape, generator)[..., None] * (1 - rigid[:, None, None].float())
    most = torch.minimum(0.6 * length / (2 * math.pi), torch.tensor(0.25 * largest))
    strength = soft * most * torch.rand(waves, generator=generator)
    amplitude = _directed(strength, math.pi, generator)
    return Ripple(amplitude, wave, 2 * math.pi * torch.rand(waves, generator=generator))
