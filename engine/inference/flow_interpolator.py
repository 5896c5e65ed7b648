"""In-betweens along motion: views of the motion network, the search, the still picture, blended.

No diffusion: the picture is the two frames, warped. Sample n is view n of the pair (views.py),
depth the octave that motion starts at (octave.py), patch what the blocks of the network work on at
a time (motion_stages.py).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import torch
from torch import Tensor

from hifi_ofx.quality import Machine, Quality
from hifi_ofx.waiting import Check, unasked

from ..color import from_model
from ..flow.candidate_blend import CandidateBlend, Sources, blend_candidates
from ..flow.candidate_weights import SEARCH
from ..flow.candidates import warp_candidates
from ..flow.ensemble import members_for
from ..flow.intermediate import searched_vectors
from ..flow.motion_network import REDUCED, MotionBlocks, MotionNetwork
from ..flow.motion_stages import cell_boxes
from ..flow.octave import deepest_for
from ..flow.searched_light import light_candidate
from ..flow.warped import searched_blend, searched_candidate
from ..memory import frames
from ..memory.heap import give_back
from ..paper import cascade
from ..paper.cascade import Size
from ..paper.patches import Box
from . import flow_memory
from .denoiser import choose_device, choose_dtype
from .interpolator import Around, Images, InBetween, StagePlan, Task, Work, area
from .motion_estimator import MotionEstimator, PairMotion, Told
from .names import MOTION
from .soft_failure import fail_softly, where_to_blend
from .spans import span

_STRIP = 256  # rows
RANGE = 96.0  # pixels of motion that depth 1 follows, about; every stage more doubles it
_OF_A_CELL = 1400  # bytes at single precision that the finest block takes for a pixel of its patch


@dataclass
class FlowInterpolator:
    """In-betweens of image pairs in the model's range, along motion."""

    network: MotionBlocks
    device: torch.device
    _told: Told = Told()

    def __post_init__(self) -> None:
        """Nothing is known of any pair yet."""
        self._estimator = MotionEstimator(self.network)

    @property
    def knows_fractions(self) -> bool:
        """Any fraction is predicted directly."""
        return True

    @property
    def acts(self) -> frozenset[str]:
        """What changes the picture; there are no steps and no noise."""
        return MOTION

    @property
    def dtype(self) -> torch.dtype:
        """The arithmetic of the network."""
        return self.network.dtype

    def fresh(self) -> FlowInterpolator:
        """Another one with the same network, which knows of no pair yet."""
        return FlowInterpolator(self.network, self.device)

    def work(self, quality: Quality, size: Size) -> Work:
        """What an image of (height, width) takes; automatic depth is taken to be 1."""
        depth = min(quality.cascade_depth or 1, deepest_for(size))
        stages = [
            StagePlan(stage, tuple(cell_boxes(stage, quality.patch)), 1)
            for stage in cascade.stage_sizes(size, depth)
        ]
        runs_on = self.network.runs_on
        searches = members_for(quality.samples) if quality.motion == "search" else 1
        itemsize, here = self.dtype.itemsize, self.device.type == "cpu"
        network = math.prod(quality.patch) * _OF_A_CELL * itemsize // 4
        host = flow_memory.peak(size, quality, itemsize, here)
        network = min(network, host) if here else network
        return Work(
            calls=_network_calls(quality, stages) + searches * (quality.motion != "learned"),
            batch=1,
            network_bytes=network,
            host_bytes=host - network if here else host,
            motion_range=RANGE * 2 ** ((quality.cascade_depth or deepest_for(size)) - 1),
            stages=tuple(stages),
            area=area(stages, quality.samples),
            timing_key=f"motion {_kind(quality)} {runs_on} {self.dtype} {quality.patch}",
            follows=True,
        )

    def prefetches(self, quality: Quality) -> bool:
        """Whether the search will have to be made."""
        return self._estimator.prefetches(quality)

    def prefetch(self, images: Images, quality: Quality, check: Check = unasked) -> None:
        """Search for the motion of a pair that comes later, in the background."""
        self._estimator.prefetch(images, quality, check)

    @contextlib.contextmanager
    def telling(self, before_call: Callable[[], None], check: Check = unasked) -> Iterator[None]:
        """Within it, `before_call` is called before every block of the network, `check` between."""
        outer, self._told = self._told, Told(before_call, check)
        try:
            yield
        finally:
            self._told = outer

    def adapt(self, machine: Machine, quality: Quality) -> None:
        """Take over the precision."""
        self.network.to(choose_dtype(machine.precision, self.device))

    @torch.inference_mode()
    def interpolate(
        self,
        first: Tensor,
        second: Tensor,
        fraction: Fraction,
        task: Task,
        motion: object | None = None,
    ) -> InBetween:
        """The in-between of two images (3, H, W) in the model's range, on the CPU."""
        if not isinstance(motion, PairMotion):
            around = motion if isinstance(motion, Around) else None
            motion = self._estimator.motion(
                first, second, fraction, task.quality, around, self._told
            )
            give_back()
            made = self._along_motion(first, second, fraction, task, motion)
            pair = first, second
            blend = where_to_blend(
                pair, made.image, float(fraction), motion.views, self._told.check
            )
            motion = motion._replace(blend=blend)
        else:
            made = self._along_motion(first, second, fraction, task, motion)
        if motion.blend is not None:
            fail_softly(made, (first, second), float(fraction), motion.blend)
        return replace(made, motion=motion)

    def _along_motion(
        self, first: Tensor, second: Tensor, fraction: Fraction, task: Task, motion: PairMotion
    ) -> InBetween:
        """What the candidates make of a pair, as far as its motion was followed."""
        if not motion.views:
            return self._by_search(first, second, fraction, task, motion)
        made = InBetween(
            frames.empty(first.shape),
            frames.empty(first.shape) if task.uncertainty else None,
            motion,
            frames.empty((5, *first.shape[-2:])) if task.vectors else None,
            None if task.display_referred else frames.empty(first.shape),
        )
        with span("blend"):
            for box, part in self._tiles(first, second, fraction, task, motion):
                _put(made, box, part)
                del part  # before the next is made
        give_back()
        return made

    @span("blend")
    def _by_search(
        self, first: Tensor, second: Tensor, fraction: Fraction, task: Task, motion: PairMotion
    ) -> InBetween:
        """Without the motion network: samples are members of the search's ensemble."""
        images = (self._along_search(first, second, fraction, f, motion) for f in motion.searched)
        image, variance = cascade.mean_and_variance(images, task.uncertainty)
        light = None
        if not task.display_referred:
            pair = from_model(first), from_model(second)
            lit = (self._along_search(*pair, fraction, f, motion) for f in motion.searched)
            light, _ = cascade.mean_and_variance(lit, False)
        vectors = None
        if task.vectors:
            size = first.shape[-2], first.shape[-1]
            vectors = searched_vectors(motion.searched[0], float(fraction), size)
            if motion.bend:
                whole = Box(0, 0, *size)
                vectors = motion.bend.bent(vectors[None], whole, whole)[0]
        give_back()
        return InBetween(image, variance, motion, vectors, light)

    @torch.inference_mode()
    def photometric_error(
        self, first: Tensor, second: Tensor, fraction: Fraction, motion: object | None
    ) -> Tensor | None:
        """By how much both images differ once warped along the first view's motion."""
        if not isinstance(motion, PairMotion) or not motion.views:
            return None
        sides = warp_candidates(first[None], second[None], *motion.views[0].at())
        return (sides.first - sides.second)[0].abs().mean(0).cpu()

    def _tiles(
        self, first: Tensor, second: Tensor, fraction: Fraction, task: Task, motion: PairMotion
    ) -> Iterator[tuple[Box, CandidateBlend]]:
        """Views, search and still picture, weighed by the main color; `first` comes last."""
        pair = (first, second)
        if first is not motion.evidence[0]:
            evidence = motion.evidence
            pair = torch.cat([evidence[0], first]), torch.cat([evidence[1], second])
        sources = self._sources(pair, fraction, motion)
        light = None
        if not task.display_referred:
            light = self._sources((_light(first), _light(second)), fraction, motion)
        share = SEARCH if task.quality.motion == "both" else 0.0
        return blend_candidates(
            sources, light, motion.views, float(fraction), share, self.device, self._told.check
        )

    def _sources(
        self, pair: tuple[Tensor, Tensor], fraction: Fraction, motion: PairMotion
    ) -> Sources:
        """Two images (n 3, H, W), and what the search makes of them where it is asked too."""
        first, second = (side[None] for side in pair)
        pictures, t, bent = (first, second), float(fraction), motion.bend
        if motion.searched:
            along = motion.searched[0]
            return Sources(
                *pictures, lambda box, _: searched_candidate(*pictures, t, along, box, bent)
            )
        if motion.light:
            return Sources(*pictures, partial(light_candidate, *pictures, t, motion.light, bent))
        return Sources(*pictures)

    def _along_search(
        self, first: Tensor, second: Tensor, fraction: Fraction, flow: Tensor, motion: PairMotion
    ) -> Tensor:
        """The in-between (3, H, W) along intermediate flow of the search."""
        self._told.check()
        return searched_blend(first, second, float(fraction), flow, motion.bend)


def _light(image: Tensor) -> Tensor:
    """The light of an image (C, H, W) in the model's range; no temporaries of its size."""
    light = frames.empty(image.shape)
    for top in range(0, image.shape[-2], _STRIP):
        light[:, top : top + _STRIP] = from_model(image[:, top : top + _STRIP])
    return light


def _put(made: InBetween, box: Box, part: CandidateBlend) -> None:
    """Lay a tile where it belongs, as far as it is wanted; the color that is made comes last."""
    made.image[box.region] = part.image[0, -3:]
    if made.variance is not None:
        made.variance[box.region] = part.variance[0, -3:]
    if made.vectors is not None:
        made.vectors[box.region] = torch.cat([part.flow[0], part.seen[0]])
    if made.light is not None:
        made.light[box.region] = part.light[0]


def _kind(quality: Quality) -> str:
    """What the time of an image depends on, of how motion is found."""
    return f"{quality.motion} {quality.motion_path}" if quality.beyond else quality.motion


def _network_calls(quality: Quality, stages: Sequence[StagePlan]) -> int:
    """Blocks on patches for all samples; the coarse stages of a pair leave out the first block."""
    if quality.motion == "search":
        return 0
    calls = 0
    for number, stage in enumerate(stages):
        for reduced in REDUCED[1 if number else 0 :]:
            cells = tuple(math.ceil(side / 64) * 64 // reduced for side in stage.size)
            calls += len(cell_boxes((cells[0], cells[1]), quality.patch))
    return quality.samples * calls


def motion_on_device(network: MotionNetwork, machine: Machine) -> FlowInterpolator:
    """The motion network on the machine that the settings name."""
    device = choose_device(machine.device)
    return FlowInterpolator(network.to(device).eval(), device)
