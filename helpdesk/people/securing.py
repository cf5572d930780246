"""What the installation demands of its agents: second factors, how long sessions live, how long passwords are."""

from datetime import datetime
from typing import Any

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import differences, record
from helpdesk.people.permissions import demand
from helpdesk.people.proving import demand_proof
from helpdesk.people.tables import Role

IDLE_MINUTES = (15, 30, 60, 120, 240, 480, 720, 1440)
SESSION_DAYS = (1, 2, 3, 7, 14, 30)
SHORTEST_PASSWORD, LONGEST_MINIMUM = 8, 64
"""ASVS 6.2.1: never shorter than eight."""


async def security() -> dict[str, Any]:
    """`factor_roles`, `session_idle_minutes`, `session_days` and `shortest_password`."""
    [found] = await rows(
        "SELECT factor_roles, session_idle_minutes, session_days, shortest_password FROM hd_installation"
    )
    return found


async def secure(
    *, factor_roles: list[str], session_idle_minutes: int | None, session_days: int | None, shortest_password: int | None,
    by: SignedIn, at: datetime,
) -> None:  # fmt: skip
    """Set all of it; raises Invalid at the field. Sessions beyond a new limit end at once, others go on.

    Who must have a second factor and has none sets it up at the next sign-in.
    """
    demand(by, "manage_security")
    await demand_proof(by, at=at)
    faults = {}
    if set(factor_roles) - set(Role):
        faults["factor_roles"] = _("There is no such role.")
    if session_idle_minutes not in IDLE_MINUTES:
        faults["session_idle_minutes"] = _("Choose one of the list.")
    if session_days not in SESSION_DAYS:
        faults["session_days"] = _("Choose one of the list.")
    if shortest_password is None or not SHORTEST_PASSWORD <= shortest_password <= LONGEST_MINIMUM:
        faults["shortest_password"] = _("Give a number from 8 to 64.")
    if faults:
        raise Invalid(**faults)
    async with transaction():
        before = await security()
        await rows(
            """UPDATE hd_installation SET factor_roles = {}, session_idle_minutes = {}, session_days = {},
            shortest_password = {}""",
            sorted(factor_roles), session_idle_minutes, session_days, shortest_password,
        )  # fmt: skip
        await record("security_changed", by=by, at=at, changes=differences(before, await security()))


async def factor_counts() -> dict[str, dict[str, int]]:
    """Of each role, how many there are in service and how many have a second factor."""
    found = await rows(
        """SELECT a.role, count(*) AS agents, count(f.id) AS enrolled FROM hd_agent a
        LEFT JOIN hd_second_factor f ON f.agent = a.id WHERE a.deactivated_at IS NULL GROUP BY a.role"""
    )
    return {row["role"]: row for row in found}
