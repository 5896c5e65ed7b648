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
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from hifi_ofx.errors import InvalidSetting

from .names import LPIPS

Figure = Callable[[Tensor, Tensor], float]  # image, truth

# LPIPS's backbones: what each is, and what torchvision stores its weights as.
BACKBONES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "alex": ("AlexNet", "alexnet-owt-7be5be79.pth"),
        "vgg": ("VGG16", "vgg16-397923af.pth"),
        "squeeze": ("SqueezeNet 1.1", "squeezenet1_1-b8a52dc0.pth"),
    }
)


@dataclass(frozen=True)
class Figures:
    """The figures that can be computed here, what each is exactly, and why others are left out."""

    compute: Mapping[str, Figure]
    described: Mapping[str, str]
    left_out: tuple[str, ...]


def available(device: torch.device, backbone: str | None = None) -> Figures:
    """PSNR always; SSIM and LPIPS where their packages are. LPIPS runs on `device`.

    Without `backbone` LPIPS is by the first of names.LPIPS whose weights are here, or left out.
    Raises InvalidSetting where a backbone is named and cannot be used.
    """
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
        compute["lpips"], described["lpips"] = _lpips(device, backbone)
    except InvalidSetting as error:
        if backbone:
            raise
        left_out.append(f"LPIPS is left out: {error}")
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


def _lpips(device: torch.device, backbone: str | None) -> tuple[Figure, str]:
    """Raises InvalidSetting without the package, or without weights.

    The weights are looked for first: the package itself would download them.
    """
    try:
        import lpips
    except (ImportError, RuntimeError) as error:  # the latter with a torchvision for another torch
        raise InvalidSetting(
            f"The package lpips cannot be used ({error}).", "pip install 'hifi-ofx[lpips]'."
        ) from error
    chosen = _backbone(backbone)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks to torchvision in words of long ago
        network: Any = lpips.LPIPS(net=chosen, verbose=False).to(device).eval()

    @torch.no_grad()
    def distance(image: Tensor, truth: Tensor) -> float:
        one, other = (side[None].to(device).mul(2).sub(1) for side in (image, truth))
        return float(network(one, other).item())

    title, _ = BACKBONES[chosen]
    return distance, f"lpips {metadata.version('lpips')}, {title}; lower is better"


def _backbone(named: str | None) -> str:
    """The backbone that is named, or the first whose weights are here. Raises InvalidSetting."""
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    wanted = [named] if named else LPIPS
    for name in wanted:
        if (folder / BACKBONES[name][1]).is_file():
            return name
    titles, files = zip(*(BACKBONES[name] for name in wanted), strict=True)
    raise InvalidSetting(
        f"torchvision's weights of {' or '.join(titles)} are not in {folder}.",
        f"Put {' or '.join(files)} there.",
    )
