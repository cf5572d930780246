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
    from helpdesk.demo import fill, sign_ins
    from helpdesk.demo.texts import people

    await fill()
    sheets = await sign_ins()
    if sheets:
        click.echo(f"Demo sign-ins, all with the password {people().password}:")
    else:
        click.echo("This desk has agents of its own: it is left as it is.", err=True)
    for sheet in sheets:
        click.echo(f"  {sheet.email:<28} {sheet.role:<12} {sheet.name}")
