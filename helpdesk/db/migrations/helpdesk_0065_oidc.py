"""Sign-in by a provider: what it says of itself and its keys are kept; a visit knows when it began."""

from helpdesk.db.raw import migration, run

ID = "2026-11-22T07:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "OIDC: metadata, keys, beginning of visits"

FORWARDS = (
    """ALTER TABLE hd_oidc_provider ADD COLUMN metadata text NOT NULL DEFAULT '', ADD COLUMN keys text NOT NULL DEFAULT '',
        ADD COLUMN asked_at timestamptz, ADD COLUMN keys_at timestamptz""",
    # Nothing wrote visits before this.
    "ALTER TABLE hd_oidc_visit ADD COLUMN begun_at timestamptz NOT NULL DEFAULT now(), DROP COLUMN next_path",
    "CREATE INDEX hd_oidc_visit_expires_at ON hd_oidc_visit (expires_at)",
)
BACKWARDS = (
    "DROP INDEX hd_oidc_visit_expires_at",
    "ALTER TABLE hd_oidc_visit DROP COLUMN begun_at, ADD COLUMN next_path varchar(2000) NOT NULL DEFAULT ''",
    "ALTER TABLE hd_oidc_provider DROP COLUMN metadata, DROP COLUMN keys, DROP COLUMN asked_at, DROP COLUMN keys_at",
)


async def _forwards() -> None:
    await run(FORWARDS)


async def _backwards() -> None:
    await run(BACKWARDS)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
