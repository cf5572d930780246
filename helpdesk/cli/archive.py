"""`helpdesk backup` and `helpdesk restore`.

A backup is one tar file: `database.dump` (pg_dump's custom format), `secret-key` where we keep it, `blobs/HASH`, and at
its end `manifest.json`, which proves that the file is whole.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import rich_click as click
from click import progressbar

from helpdesk.cli.surroundings import run
from helpdesk.kernel.settings import settings

Step = Callable[[int], None]


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the database, all attachments and the secret key to FILE. Helpdesk may go on working meanwhile.

    Whoever has the file has everything: keep it as safe as the installation.
    """
    has_own_servers, place = not settings().database_url, file.absolute()

    async def work() -> None:
        from helpdesk.cli.backing_up import back_up

        await back_up(place, own_tools=has_own_servers, progress=progress)

    run(work, patiently=True)
    click.echo(f"wrote {file} ({megabytes(file.stat().st_size)})")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Read the backup FILE into an empty installation, and bring it up to date."""
    has_own_servers, place = not settings().database_url, file.absolute()

    async def work() -> None:
        from helpdesk.cli.restoring import restore_from

        for line in await restore_from(place, own_tools=has_own_servers, progress=progress):
            click.echo(line)

    run(work, patiently=True)
    click.echo(f"restored {file}")


@contextmanager
def progress(label: str, length: int) -> Iterator[Step]:
    """A bar of so many steps on a terminal, a plain line otherwise."""
    if sys.stdout.isatty():
        with progressbar(length=length, label=label) as bar:
            yield bar.update
    else:
        click.echo(label)
        yield lambda _: None


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
