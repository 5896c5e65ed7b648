"""The tiles of a blend as one picture, to be looked at."""

from engine.flow.candidate_blend import CandidateBlend, Sources, blend_candidates
from engine.flow.candidate_weights import SEARCH


def whole_blend(first, second, views, fraction, search=None):
    """Everything that is known of an in-between (1, C, H, W); `search` are candidates of frames."""
    found = search and (lambda box, _: type(search)(*(part[box.region] for part in search)))
    tiles = blend_candidates(
        Sources(first, second, found), None, views, fraction, SEARCH, first.device
    )
    whole = None
    for box, tile in tiles:
        if whole is None:
            size = first.shape[-2:]
            whole = CandidateBlend(*(part.new_empty(*part.shape[:2], *size) for part in tile))
        for made, part in zip(whole, tile, strict=True):
            made[box.region] = part
    return whole
