"""How near a prediction is to the truth: PSNR, SSIM and LPIPS of two display-referred images.

Every figure takes images (3, H, W) in [0, 1], display-encoded RGB. Which implementation of SSIM
is meant matters: the paper's Table 1 mixes two. Ours is scikit-image's.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

Figure = Callable[[Tensor, Tensor], float]  # image, truth

_ALEXNET = "alexnet-owt-7be5be79.pth"  # what torchvision's AlexNet, LPIPS's backbone, is stored as


@dataclass(frozen=True)
class Figures:
    """The figures that can be computed here, what each is exactly, and why others are left out."""

    compute: Mapping[str, Figure]
    described: Mapping[str, str]
    left_out: tuple[str, ...]


def available(device: torch.device) -> Figures:
    """PSNR always; SSIM and LPIPS where their packages are. LPIPS runs on `device`."""
    compute: dict[str, Figure] = {"psnr": psnr}
    described = {"psnr": "dB, of display-encoded RGB in [0, 1]; the mean is over frames"}
    left_out = []
    try:
        compute["ssim"], described["ssim"] = _ssim()
    except ImportError:
        left_out.append(
            "SSIM is left out: scikit-image is not installed (pip install 'hifi-ofx[evaluate]')."
        )
    try:
        compute["lpips"], described["lpips"] = _lpips(device)
    except (ImportError, RuntimeError) as error:  # the latter with a torchvision for another torch
        left_out.append(
            f"LPIPS is left out: lpips cannot be used ({error}; pip install 'hifi-ofx[lpips]')."
        )
    except FileNotFoundError as error:
        left_out.append(
            f"LPIPS is left out: torchvision's AlexNet weights are not at {error}; put them there."
        )
    return Figures(compute, described, tuple(left_out))


def psnr(image: Tensor, truth: Tensor) -> float:
    """Peak signal-to-noise ratio in dB; 120 where the images are equal, or nearly."""
    error = (image - truth).double().square().mean().item()
    return -10 * math.log10(max(error, 1e-12))


def _ssim() -> tuple[Figure, str]:
    from skimage.metrics import structural_similarity

    compare: Any = structural_similarity  # it has no types

    def ssim(image: Tensor, truth: Tensor) -> float:
        one, other = (side.permute(1, 2, 0).numpy() for side in (truth, image))
        return float(compare(one, other, channel_axis=-1, data_range=1.0))

    version = metadata.version("scikit-image")
    return ssim, (
        f"scikit-image {version} structural_similarity, 7x7 uniform window, mean over RGB, range 1"
    )


def _lpips(device: torch.device) -> tuple[Figure, str]:
    """Raises ImportError without the package, FileNotFoundError, with the path, without weights.

    The weights are looked for first: the package itself would download them.
    """
    import lpips

    weights = Path(torch.hub.get_dir()) / "checkpoints" / _ALEXNET
    if not weights.is_file():
        raise FileNotFoundError(weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks to torchvision in words of long ago
        network: Any = lpips.LPIPS(net="alex", verbose=False).to(device).eval()

    @torch.no_grad()
    def distance(image: Tensor, truth: Tensor) -> float:
        one, other = (side[None].to(device).mul(2).sub(1) for side in (image, truth))
        return float(network(one, other).item())

    return distance, f"lpips {metadata.version('lpips')}, AlexNet; lower is better"
