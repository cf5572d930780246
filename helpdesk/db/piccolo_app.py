"""Tables and migrations of the helpdesk itself."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="helpdesk",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(
        modules=[
            "helpdesk.people.tables",
            "helpdesk.people.safety_tables",
            "helpdesk.customers.tables",
            "helpdesk.channels.tables",
            "helpdesk.channels.web_form.tables",
            "helpdesk.channels.branding.tables",
            "helpdesk.channels.web_push.tables",
            "helpdesk.deliveries.tables",
            "helpdesk.tickets.tables",
            "helpdesk.tickets.notice_tables",
            "helpdesk.intake.tables",
            "helpdesk.articles.tables",
        ],
        exclude_imported=True,
    ),
    migration_dependencies=[],
)
