"""Sign-in by a provider: what it says of itself and its keys are kept; a visit knows when it began."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from helpdesk.kernel.database import rows

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


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="helpdesk", description=DESCRIPTION)
    manager.add_raw(_forwards)
    manager.add_raw_backwards(_backwards)
    return manager


async def _forwards() -> None:
    for statement in FORWARDS:
        await rows(statement)


async def _backwards() -> None:
    for statement in BACKWARDS:
        await rows(statement)
