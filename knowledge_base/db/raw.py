"""The frame of migrations in SQL, for those of this app."""

from functools import partial

from helpdesk.kernel import sql_migrations
from helpdesk.kernel.sql_migrations import run

__all__ = ["migration", "run"]

migration = partial(sql_migrations.migration, "knowledge_base")
