"""The short form of `make loops`."""

import pytest

from tests.loops.running import run


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_machines_that_answer_each_other_fall_silent() -> None:
    assert await run(window=8, storm=10) == []
