"""The alpha of a preview: the plate's own, and that which a render writes."""

import numpy as np
import pytest

from hifi_ofx.quality import Output
from hifi_ofx.request import Finished
from tests.preview.test_preview import ask, codes
from tests.service.conftest import pixels_of, write_exr

PLACE = (1004, 1002, 1003, "1/2")


@pytest.fixture
def plate(tmp_path):
    """Four frames of a premultiplied square, one third of it half clear."""
    for index in range(4):
        pixels = np.zeros((50, 70, 4), np.float32)
        pixels[10:30, 5 + 8 * index : 25 + 8 * index] = (0.1, 0.8, 0.6, 1.0)
        pixels[10:16, 5 + 8 * index : 25 + 8 * index] /= 2
        write_exr(tmp_path / f"plate.{1001 + index}.exr", pixels)
    return tmp_path / "plate.####.exr"


def test_alpha_comes_along_where_it_is_asked_for(engine, request_for, folder, tmp_path):
    request = request_for()
    assert isinstance(list(engine.render(request))[-1], Finished)
    preview, _ = ask(engine, request, folder, place=PLACE, alpha=True, blend=True)
    assert preview.phase == "final" and preview.alpha
    files = {"left": "plate.1002.exr", "ours": "out/slow.1004.exr"}
    for name, file in files.items():
        pixels = pixels_of(tmp_path / file)
        found = codes(preview.picture(name))
        assert np.abs(found[..., 3] / 65535 - np.clip(pixels[..., 3], 0, 1)).max() < 1e-4
    assert len(np.unique(found[..., 3])) > 100, "the small network's alpha is no copy"
    blend = codes(preview.picture("blend"))[..., 3]
    assert blend[25, 14] == pytest.approx(32768, abs=40)


def test_the_color_is_the_same_with_alpha_and_without(engine, request_for, folder):
    with_alpha, _ = ask(engine, request_for(), folder, place=PLACE, alpha=True)
    without, _ = ask(engine, request_for(), folder, place=PLACE)
    assert not without.alpha
    for name in ("left", "ours"):
        one, other = codes(with_alpha.picture(name)), codes(without.picture(name))
        assert np.array_equal(one[..., :3], other[..., :3])
        assert (other[..., 3] == 65535).all()


def test_alpha_follows_its_policy(engine, request_for, folder):
    request = request_for(output=Output(layers="alpha=nearest"))
    preview, _ = ask(engine, request, folder, place=PLACE, alpha=True)
    right, ours = (codes(preview.picture(name))[..., 3] for name in ("right", "ours"))
    assert np.array_equal(right, ours)
