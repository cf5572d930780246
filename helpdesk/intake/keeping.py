"""How long things are kept, and which mailboxes listen to the spam headers of the trusted mail server."""

from typing import Any

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import differences, record
from helpdesk.people.permissions import demand

LONGEST = 36_500
"""Days: a hundred years."""


async def keeping() -> dict[str, Any]:
    """`trash_kept_days`, `raw_kept_days` (0: for ever), and the ids of mailboxes that mark spam."""
    [found] = await rows(
        """SELECT trash_kept_days, raw_kept_days,
            ARRAY(SELECT id FROM hd_channel WHERE kind = 'email' AND marks_spam ORDER BY id) AS marking FROM hd_installation"""
    )
    return found


async def keep(
    *, trash_kept_days: int | None, raw_kept_days: int | None, marking: list[int], by: SignedIn
) -> None:  # fmt: skip
    """Set all of it; raises Invalid for what is no number of days."""
    demand(by, "manage_keeping")
    wrong = {
        name: _("Give a number of days, 0 for ever.")
        for name, days in (("trash_kept_days", trash_kept_days), ("raw_kept_days", raw_kept_days))
        if days is None or days > LONGEST
    }
    if wrong:
        raise Invalid(**wrong)
    async with transaction():
        before = await keeping()
        await rows(
            "UPDATE hd_installation SET trash_kept_days = {}, raw_kept_days = {}", trash_kept_days, raw_kept_days
        )
        await rows("UPDATE hd_channel SET marks_spam = (id = ANY({})) WHERE kind = 'email'", marking)
        await record("keeping_changed", by=by, changes=differences(before, await keeping()))
