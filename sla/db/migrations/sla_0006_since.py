"""Since when tickets must have been opened to have a version of a policy."""

from sla.db.raw import migration, run

ID = "2026-11-22T14:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "for which tickets versions of policies are"

STATEMENTS = [
    "ALTER TABLE sla_policy_version ADD COLUMN since timestamptz",
    "UPDATE sla_policy_version SET since = made_at WHERE applied_to IS NULL",
]


async def _forwards() -> None:
    await run(STATEMENTS)


async def _backwards() -> None:
    await run(["ALTER TABLE sla_policy_version DROP COLUMN since"])


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
