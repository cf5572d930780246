"""Work on a long text in a thread, so that no other page waits for it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LONG = 20_000
"""Characters; what is shorter takes a few hundredths of a second."""


async def aside(work: Callable[[str], T], text: str) -> T:
    return await asyncio.to_thread(work, text) if len(text) > LONG else work(text)
