"""What agents have at hand: new and open tickets, neither snoozed nor put aside. Counted, never kept, so it is always right."""

from helpdesk.kernel.database import rows

# Written out, not bound, as the partial indexes hd_ticket_load and hd_ticket_to_assign have them.
AT_HAND = """{t}.status IN ('new', 'open') AND {t}.snoozed_until IS NULL
    AND {t}.spam_at IS NULL AND {t}.trashed_at IS NULL AND {t}.merged_into IS NULL"""
"""In a statement, with the table's alias for `{t}`."""

HELD = "held.assignee = a.id AND held.assignee IS NOT NULL AND " + AT_HAND.replace("{t}", "held")
"""In a statement: `hd_ticket AS held` is at hand of `hd_agent AS a`."""


async def room_of(agent_id: int) -> tuple[int, int | None]:
    """How many tickets the agent has at hand, and how many they are to be given at most."""
    found = await rows(
        f"""SELECT a.capacity, CASE WHEN a.capacity IS NULL THEN 0 ELSE (SELECT count(*) FROM hd_ticket AS held WHERE {HELD}) END AS load
        FROM hd_agent a WHERE a.id = {{}}""",
        agent_id,
    )
    return (found[0]["load"], found[0]["capacity"]) if found else (0, None)
