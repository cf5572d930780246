"""By which ways an agent hears of what."""

from collections.abc import Mapping

import msgspec

from helpdesk.kernel.database import rows, transaction
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.notice_kinds import TOPICS, Ways


async def ways_of(agent_id: int) -> dict[str, Ways]:
    """For each topic, as chosen or as it is for who has not chosen."""
    chosen = await rows(
        "SELECT topic, in_centre, in_browser, by_mail FROM hd_notice_choice WHERE agent = {}", agent_id
    )  # fmt: skip
    ways = {key: one.ways for key, one in TOPICS.items()}
    return ways | {row["topic"]: msgspec.convert(row, Ways) for row in chosen if row["topic"] in TOPICS}


async def choose_ways(ways: Mapping[str, Ways], *, by: SignedIn) -> None:
    """From now on, also for what waits to be told. What is as for everybody is not kept: it changes with that."""
    async with transaction():
        for topic in sorted(ways.keys() & TOPICS.keys()):
            await rows("DELETE FROM hd_notice_choice WHERE agent = {} AND topic = {}", by.id, topic)
            if ways[topic] != TOPICS[topic].ways:
                await rows(
                    """INSERT INTO hd_notice_choice (agent, topic, in_centre, in_browser, by_mail) VALUES ({}, {}, {}, {}, {})
                    ON CONFLICT (agent, topic) DO NOTHING""",
                    by.id, topic, ways[topic].in_centre, ways[topic].in_browser, ways[topic].by_mail,
                )  # fmt: skip
