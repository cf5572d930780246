"""`helpdesk migrate` and `helpdesk demo`."""

import rich_click as click

from helpdesk.cli.surroundings import run


@click.command()
def migrate() -> None:
    """Apply the migrations that are pending. Safe to run from several nodes at once."""
    run(_migrate, patiently=True)


@click.command()
def demo() -> None:
    """Fill a new desk with lifelike examples in English and Persian."""
    run(_demo)


async def _migrate() -> None:
    from helpdesk.migrating import migrate

    for title in await migrate():
        click.echo(f"applied {title}")


async def _demo() -> None:
    from helpdesk.demo import fill

    await fill()
