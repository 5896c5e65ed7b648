"""Prefetch: the motion of the pair that comes next, searched while the network works on this one.

The search runs on the CPU, on one thread, and finds the same wherever it runs. So it can be done
early; and where it was done for a pair that never came, nothing is lost but time.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator

from torch import Tensor

from hifi_ofx.waiting import Check, unasked, wait_for

from .estimate import FlowEnsemble, ensemble_of_reduced, reduced

log = logging.getLogger(__name__)

Images = Callable[[], Iterator[Tensor]]  # the two images (3, H, W) of a pair, one after the other


class Prefetch:
    """One search in the background. It ends with the process, and is never waited for in vain.

    It finds as many members as so many samples go by. `check` is called between its steps; where
    that raises, the search ends.
    """

    def __init__(self, images: Images, samples: int, check: Check = unasked) -> None:
        self._samples, self._check = samples, check
        self._fingerprint: bytes | None = None
        self._flows: FlowEnsemble | None = None
        self._known, self._found = threading.Event(), threading.Event()
        threading.Thread(
            target=self._run, args=(images,), name="motion-prefetch", daemon=True
        ).start()

    def of(self, fingerprint: bytes, check: Check = unasked) -> FlowEnsemble | None:
        """The flows, on the CPU, where the pair is the one with this fingerprint; waits for them.

        None for another pair, and for one that could not be read or searched. `check` is called
        while it waits, and may raise.
        """
        wait_for(self._known, check)
        if self._fingerprint != fingerprint:
            return None
        wait_for(self._found, check)
        return self._flows

    def _run(self, images: Images) -> None:
        try:
            digest, small, full = hashlib.blake2b(), [], (0, 0)
            for image in images():  # one by one, so that only one is in memory at its full size
                self._check()
                _add(digest, image)
                small.append(reduced(image[None]))
                full = (image.shape[-2], image.shape[-1])
            self._fingerprint = digest.digest()
            self._known.set()
            self._flows = ensemble_of_reduced(small[0], small[1], full, self._samples, self._check)
        except Exception as error:  # whoever asks for the frames, or searches himself, is told
            log.debug("no motion prefetched: %s", error)
        finally:
            self._known.set()
            self._found.set()


def fingerprint(*images: Tensor) -> bytes:
    """Equal for equal images. The images themselves would be two more frames in memory."""
    digest = hashlib.blake2b()
    for image in images:
        _add(digest, image)
    return digest.digest()


def _add(digest: hashlib.blake2b, image: Tensor) -> None:
    digest.update(repr(image.shape).encode())  # black of another size is another image
    digest.update(image.contiguous().numpy().data)
