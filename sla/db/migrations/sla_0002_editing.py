"""Calendars keep what was written apart from their holidays; sets of holidays, how they are fetched and judged."""

from sla.db.raw import migration, run

ID = "2026-11-22T08:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "editing of calendars and holidays"

STATEMENTS = [
    """
ALTER TABLE sla_calendar
    ADD COLUMN own jsonb NOT NULL
        DEFAULT jsonb_build_object('zone', 'UTC', 'week', '[[],[],[],[],[],[],[]]'::jsonb, 'is_always', true),
    ADD COLUMN offsets jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN tzdata varchar(20) NOT NULL DEFAULT ''""",
    """
ALTER TABLE sla_holiday_set
    ADD COLUMN language varchar(8) NOT NULL DEFAULT '',
    ADD COLUMN tried_at timestamptz,
    ADD COLUMN etag varchar(300) NOT NULL DEFAULT ''""",
    """
ALTER TABLE sla_holiday
    ADD COLUMN is_refused boolean NOT NULL DEFAULT false,
    ADD COLUMN is_own boolean NOT NULL DEFAULT false""",
]
GONE = [
    "ALTER TABLE sla_holiday DROP COLUMN is_refused, DROP COLUMN is_own",
    "ALTER TABLE sla_holiday_set DROP COLUMN language, DROP COLUMN tried_at, DROP COLUMN etag",
    "ALTER TABLE sla_calendar DROP COLUMN own, DROP COLUMN offsets, DROP COLUMN tzdata",
]


async def _forwards() -> None:
    await run(STATEMENTS)


async def _backwards() -> None:
    await run(GONE)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
