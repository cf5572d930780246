"""One of several processes that follow the events of new tickets: `python -m tests.routing.giving SHARE OF`."""

import asyncio
import sys

from helpdesk.following_up import follow
from helpdesk.kernel.database import connected, rows
from helpdesk.routing.distributing import distribute


async def give_out(share: int, of: int) -> None:
    """Follow this process's share of the events that wait, and do the jobs that they leave."""
    async with connected(size=3):
        waiting = await rows(
            """SELECT e.id, t.team FROM hd_event e JOIN hd_ticket t ON t.id = e.ticket
            WHERE e.kind = 'opened' AND e.followed_at IS NULL AND e.id % {} = {} ORDER BY e.id""",
            of, share,
        )  # fmt: skip
        for event in waiting:
            await follow(event["id"])
            await distribute(event["team"])


if __name__ == "__main__":
    asyncio.run(give_out(int(sys.argv[1]), int(sys.argv[2])))
