"""One guarded worker for all tests of reading."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onemap.sources import Reader, open_reader


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with open_reader(timeout_s=60) as opened:
        yield opened
