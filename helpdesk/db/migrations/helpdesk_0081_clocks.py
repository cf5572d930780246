"""Clocks go with their ticket; teams and organisations may have a calendar of their own."""

from helpdesk.db.raw import migration, run

ID = "2026-11-22T08:02:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "clocks of tickets, calendars of teams and organisations"

STATEMENTS = [
    """ALTER TABLE sla_clock ADD CONSTRAINT sla_clock_of_ticket
        FOREIGN KEY (ticket) REFERENCES hd_ticket ON DELETE CASCADE ON UPDATE CASCADE""",
    "ALTER TABLE hd_team ADD COLUMN calendar integer REFERENCES sla_calendar ON DELETE SET NULL ON UPDATE CASCADE",
    "ALTER TABLE hd_organisation ADD COLUMN calendar integer REFERENCES sla_calendar ON DELETE SET NULL ON UPDATE CASCADE",
    "ALTER TABLE hd_channel ADD COLUMN calendar integer REFERENCES sla_calendar ON DELETE SET NULL ON UPDATE CASCADE",
]
GONE = [
    "ALTER TABLE hd_channel DROP COLUMN calendar",
    "ALTER TABLE hd_organisation DROP COLUMN calendar",
    "ALTER TABLE hd_team DROP COLUMN calendar",
    "ALTER TABLE sla_clock DROP CONSTRAINT sla_clock_of_ticket",
]


async def _forwards() -> None:
    await run(STATEMENTS)


async def _backwards() -> None:
    await run(GONE)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
