"""Several processes give tickets out at once, and one of them is killed: all are given, evenly, and nobody has too many."""

import asyncio
import os
import sys
from collections import Counter

from helpdesk.following_up import follow
from helpdesk.kernel.database import rows
from helpdesk.routing.distributing import distribute
from helpdesk.routing.loads import teams_in_need
from tests.routing.filling import make_agents, make_giving_team, make_waiting

PROCESSES, CAPACITY = 4, 15


async def test_all_are_given_evenly_within_capacities_though_a_process_is_killed(database: None) -> None:
    agents = await make_agents(14)
    in_turn, limited = agents[:8], agents[8:]
    round_robin = await make_giving_team("In turn", "round_robin", in_turn)
    first, second = [await make_giving_team(name, "least_loaded", limited) for name in ("First", "Second")]
    await rows("UPDATE hd_agent SET capacity = {} WHERE id = ANY({})", CAPACITY, limited)
    for team in (round_robin, first, second):
        await make_waiting(team, 100)

    processes = [await _start(share) for share in range(PROCESSES)]
    while await _given() < 40:
        await asyncio.sleep(0.02)
    processes[0].kill()
    await asyncio.gather(*(one.wait() for one in processes))
    assert [one.returncode for one in processes[1:]] == [0] * (PROCESSES - 1)
    for event in await rows(
        "SELECT id FROM hd_event WHERE followed_at IS NULL ORDER BY id"
    ):  # as the scheduler has it done
        await follow(event["id"])
    for team in await teams_in_need():
        await distribute(team)

    held = await _held()
    assert sum(held[one] for one in in_turn) == 100
    assert max(held[one] for one in in_turn) - min(held[one] for one in in_turn) <= 1
    assert {held[one] for one in limited} == {CAPACITY}, "as many as they take, of both teams together"
    assert await _times_given() == {1}


async def _start(share: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.routing.giving", str(share), str(PROCESSES), env=dict(os.environ)
    )


async def _given() -> int:
    [row] = await rows("SELECT count(*) AS count FROM hd_ticket WHERE assignee IS NOT NULL")
    return row["count"]


async def _held() -> Counter[int]:
    """Tickets by agent."""
    found = await rows("SELECT assignee, count(*) AS count FROM hd_ticket WHERE assignee IS NOT NULL GROUP BY assignee")
    return Counter({row["assignee"]: row["count"] for row in found})


async def _times_given() -> set[int]:
    """How often tickets were given that were given at all."""
    return {
        row["count"]
        for row in await rows("SELECT count(*) AS count FROM hd_event WHERE kind = 'assigned' GROUP BY ticket")
    }
