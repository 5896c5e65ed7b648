"""The small network, plate and engine that a preview is asked of, and where pictures go."""

import pytest

from tests.service.conftest import engine, plate, request_for, weights  # noqa: F401 - fixtures


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "preview"
    made.mkdir(mode=0o700)
    return made
