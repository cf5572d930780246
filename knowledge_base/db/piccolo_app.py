"""Tables and migrations of the knowledge base."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="knowledge_base",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(modules=["knowledge_base.tables"], exclude_imported=True),
    migration_dependencies=[],
)
