"""Which cleaner has made the words of a revision safe: those of an older one are cleaned again."""

from functools import partial

from knowledge_base.db.raw import migration, run

ID = "2026-11-22T16:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the cleaner of a revision"

_FORWARDS = [
    "ALTER TABLE kb_revision ADD COLUMN cleaner smallint NOT NULL DEFAULT 1",
    "CREATE INDEX kb_revision_cleaner ON kb_revision (cleaner, id)",
]
_BACKWARDS = ["ALTER TABLE kb_revision DROP COLUMN cleaner"]

forwards = migration(ID, DESCRIPTION, partial(run, _FORWARDS), partial(run, _BACKWARDS))
