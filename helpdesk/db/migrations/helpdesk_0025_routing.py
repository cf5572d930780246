"""How tickets find their agents: how a team gives them out, who is there, and how many each one takes."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T04:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "assignment, availability, capacities"

LISTED = "spam_at IS NULL AND trashed_at IS NULL AND merged_into IS NULL"
AT_HAND = f"status IN ('new', 'open') AND snoozed_until IS NULL AND {LISTED}"
URGENT_FIRST = "(CASE priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'normal' THEN 2 ELSE 3 END)"


async def _forwards() -> None:
    await rows("ALTER TABLE hd_installation ADD COLUMN away_after_minutes smallint NOT NULL DEFAULT 30")
    await rows("ALTER TABLE hd_team ADD COLUMN assignment varchar(12) NOT NULL DEFAULT 'manual'")
    await rows(
        """ALTER TABLE hd_membership ADD COLUMN capacity smallint CHECK (capacity > 0),
            ADD COLUMN turn bigint NOT NULL DEFAULT 0"""
    )
    await rows(
        """ALTER TABLE hd_agent ADD COLUMN capacity smallint CHECK (capacity > 0),
            ADD COLUMN availability varchar(10) NOT NULL DEFAULT 'available', ADD COLUMN out_until timestamptz,
            ADD COLUMN replacement integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE"""
    )
    await rows("CREATE INDEX hd_agent_replacement ON hd_agent (replacement)")
    await rows(f"CREATE INDEX hd_ticket_load ON hd_ticket (assignee, team) WHERE assignee IS NOT NULL AND {AT_HAND}")
    await rows(
        f"""CREATE INDEX hd_ticket_to_assign ON hd_ticket (team, {URGENT_FIRST}, created_at, id)
            WHERE assignee IS NULL AND NOT is_automatic AND {AT_HAND}"""
    )


async def _backwards() -> None:
    await rows("DROP INDEX hd_ticket_to_assign, hd_ticket_load")
    await rows(
        "ALTER TABLE hd_agent DROP COLUMN capacity, DROP COLUMN availability, DROP COLUMN out_until, DROP COLUMN replacement"
    )
    await rows("ALTER TABLE hd_membership DROP COLUMN capacity, DROP COLUMN turn")
    await rows("ALTER TABLE hd_team DROP COLUMN assignment")
    await rows("ALTER TABLE hd_installation DROP COLUMN away_after_minutes")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
