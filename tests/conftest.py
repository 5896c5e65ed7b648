"""What all tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def data() -> Path:
    """Real plates and frames, which are not part of the repository."""
    if not DATA.is_dir():
        pytest.skip("the folder of real plates is not beside the checkout")
    return DATA
