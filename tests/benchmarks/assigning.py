"""Ten processes give 10,000 tickets to twenty agents: `python -m tests.benchmarks.assigning [--tickets N]`.

Says how long it took and how evenly; fails when a ticket is lost or given twice, when the agents' numbers differ by more
than one, or when somebody has more than they take. One process is killed on the way: what it left is done at the end, as
the scheduler has it done.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections import Counter

from tests.benchmarks.desk import Desk, a_desk

AGENTS, PROCESSES = 20, 10


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tickets", type=int, default=10_000)
    tickets = asked.parse_args().tickets
    with a_desk() as desk:
        os.environ |= {name: value for name, value in desk.environment.items() if name.startswith("HELPDESK_")}
        asyncio.run(_measure(desk, tickets))


async def _measure(desk: Desk, tickets: int) -> None:
    from helpdesk.kernel.database import connected

    print("| 20 agents, 10 processes, one killed | tickets | given | seconds | a second | fewest | most |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    async with connected(4):
        for assignment, capacity in (
            ("round_robin", None),
            ("least_loaded", None),
            ("least_loaded", tickets // AGENTS - 5),
        ):
            print(await _one(desk, assignment, tickets, capacity), flush=True)


async def _one(desk: Desk, assignment: str, tickets: int, capacity: int | None) -> str:
    from helpdesk.following_up import follow
    from helpdesk.kernel.database import rows
    from helpdesk.routing.distributing import distribute
    from tests.routing.filling import make_agents, make_giving_team, make_waiting

    agents = await make_agents(AGENTS, named=assignment if capacity is None else "limited")
    await rows("UPDATE hd_agent SET capacity = {} WHERE id = ANY({})", capacity, agents)
    team = await make_giving_team(f"{assignment} {capacity}", assignment, agents)
    await make_waiting(team, tickets)
    began = time.monotonic()
    processes = [_start(desk, share) for share in range(PROCESSES)]
    await asyncio.sleep(5)
    processes[0].kill()
    await asyncio.gather(*(asyncio.to_thread(one.wait) for one in processes))
    seconds = time.monotonic() - began
    for event in await rows("SELECT id FROM hd_event WHERE kind = 'opened' AND followed_at IS NULL ORDER BY id"):
        await follow(event["id"])
    await distribute(team)

    found = await rows("SELECT id, assignee FROM hd_ticket WHERE team = {} AND assignee IS NOT NULL", team)
    held = Counter(row["assignee"] for row in found)
    [twice] = await rows(
        """SELECT count(*) - count(DISTINCT ticket) AS count FROM hd_event
        WHERE kind = 'assigned' AND ticket IN (SELECT id FROM hd_ticket WHERE team = {})""",
        team,
    )
    assert len(found) == (tickets if capacity is None else AGENTS * capacity), len(found)
    assert twice["count"] == 0
    assert max(held.values()) - min(held.values()) <= 1, held
    name = f"{assignment.replace('_', ' ')}{f', each at most {capacity}' if capacity else ''}"
    return f"| {name} | {tickets:,} | {len(found):,} | {seconds:.0f} | {len(found) / seconds:.0f} | {min(held.values())} | {max(held.values())} |"


def _start(desk: Desk, share: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.routing.giving", str(share), str(PROCESSES)]
    return subprocess.Popen(command, env=desk.environment)


if __name__ == "__main__":
    main()
