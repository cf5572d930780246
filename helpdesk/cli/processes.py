"""`helpdesk up`, and its parts for installations of several machines."""

from pathlib import Path

import rich_click as click

from helpdesk.cli.surroundings import set_option
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.settings import settings


@click.command()
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="The data directory (HELPDESK_DATA_DIR)."
)
@click.option("--host", help="The address to listen on (HELPDESK_HOST).")
@click.option("--port", type=click.IntRange(1, 65535), help="The port of the web server (HELPDESK_PORT).")
@click.option("--smtp-port", type=click.IntRange(1, 65535), help="The port of the mail server (HELPDESK_SMTP_PORT).")
@click.option("--demo", is_flag=True, help="Fill a new desk with lifelike examples.")
def up(data: Path | None, host: str | None, port: int | None, smtp_port: int | None, demo: bool) -> int:
    """Run everything in one process tree, with a private PostgreSQL and Valkey where none is configured."""
    set_option("data_dir", data)
    set_option("host", host)
    set_option("port", port)
    set_option("smtp_port", smtp_port)
    from helpdesk.embedded.up import up
    from helpdesk.kernel import logs

    logs.configure("up")
    return up(settings(), demo=demo)


@click.command()
def web() -> None:
    """Run the web server: console, portal, API and live updates."""
    _must_be_configured()
    from helpdesk.web_server import run

    run()


@click.command()
def worker() -> None:
    """Run a worker: it takes in mail, follows up events and sends replies. Any number may run."""
    _must_be_configured()
    from helpdesk.worker import run

    run()


@click.command()
def scheduler() -> None:
    """Run a scheduler: it finds what is due or was left behind. Any number may run."""
    _must_be_configured()
    from helpdesk.scheduler import run

    run()


@click.command()
def mail_server() -> None:
    """Run the mail server: SMTP on HELPDESK_SMTP_PORT, LMTP on HELPDESK_LMTP_SOCKET."""
    _must_be_configured()
    from helpdesk.mail_server import run

    run()


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), required=True, help="The port to listen on, on this machine only."
)
def mail_sink(port: int) -> None:
    """Run the demo's mail server: it keeps every mail in DATA_DIR/sink and sends none on."""
    from helpdesk.embedded.process import watch_parent
    from helpdesk.sink import run

    watch_parent()
    run(port)


def _must_be_configured() -> None:
    """A process of its own shares its servers with others; raises ConfigurationError when it was told none."""
    for name in ("database_url", "redis_url"):
        if not getattr(settings(), name):
            raise ConfigurationError(
                f"HELPDESK_{name.upper()} is not set; set it, or run everything with `helpdesk up`"
            )
    from helpdesk.embedded.process import watch_parent

    watch_parent()
