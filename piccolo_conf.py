"""The database and the piccolo apps, nothing else."""

from typing import Any

from piccolo.engine.postgres import PostgresEngine

from helpdesk.kernel.settings import settings

DB = PostgresEngine(
    config={
        "dsn": settings().database_url or "postgresql://helpdesk@/helpdesk",
        "server_settings": {
            "application_name": "helpdesk",
            "jit": "off",
            "idle_in_transaction_session_timeout": "60000",
        },
        "command_timeout": 60,
    },
    extensions=(),
)


def __getattr__(name: str) -> Any:
    """`APP_REGISTRY`, made when piccolo's own commands ask for it: it imports the tables, and these the database."""
    if name != "APP_REGISTRY":
        raise AttributeError(name)
    from piccolo.conf.apps import AppRegistry

    return AppRegistry(apps=["helpdesk.db.piccolo_app", "knowledge_base.db.piccolo_app", "sla.db.piccolo_app"])
