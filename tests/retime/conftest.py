"""The small network, plate and engine that a render is asked of."""

from tests.service.conftest import engine, plate, request_for, weights  # noqa: F401 - fixtures
