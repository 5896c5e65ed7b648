"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings


def qt_plugins():
    """pytest-qt, where Qt and the system libraries it needs are there."""
    # Off screen, whatever display there is; QT_QPA_PLATFORM=xcb xvfb-run … tests on that one.
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("PYTEST_QT_API", "pyside6")
    try:
        import PySide6.QtWidgets  # noqa: F401
        import pytestqt  # noqa: F401
    except ImportError:
        return []
    return ["pytestqt.plugin"]


pytest_plugins = qt_plugins()

settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """What is kept between runs goes to a folder of the test, not to the user's."""
    monkeypatch.setenv("HIFI_CACHE", str(tmp_path / "cache"))


DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def data() -> Path:
    """Real plates and frames, which are not part of the repository."""
    if not DATA.is_dir():
        pytest.skip("the folder of real plates is not beside the checkout")
    return DATA
