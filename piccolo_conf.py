"""The database and the piccolo apps, nothing else."""

from piccolo.conf.apps import AppRegistry
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

APP_REGISTRY = AppRegistry(
    apps=["helpdesk.db.piccolo_app", "knowledge_base.db.piccolo_app", "sla.db.piccolo_app"],
)
