"""`helpdesk index`: the index of articles, which keeps up by itself."""

import os

import rich_click as click

from helpdesk.cli.archive import progress
from helpdesk.cli.surroundings import run
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.settings import settings


@click.group()
def index() -> None:
    """The index of articles that searches and suggestions read."""


@index.command()
def rebuild() -> None:
    """Write it anew from the database. It keeps up by itself and heals; this is for who wants to see it done."""
    _demand_own_folder()
    run(_rebuild, patiently=True)


def _demand_own_folder() -> None:
    """What root makes there the service could not read."""
    home = settings().data_dir
    if home.exists() and home.stat().st_uid != os.geteuid():
        raise ConfigurationError(f"{home} belongs to another account: run this as the one that Helpdesk runs as")


async def _rebuild() -> None:
    from helpdesk.articles.indexing import folder
    from knowledge_base import catching_up, changes
    from knowledge_base.index import Progress
    from knowledge_base.index_storage import Busy

    with progress("articles", max(1, await changes.count())) as step:
        before = 0

        def told(progress: Progress) -> None:
            nonlocal before
            step(progress.done - before)
            before = progress.done

        try:
            done = await catching_up.rebuild(folder(), changes, told=told)
        except Busy as error:
            raise ConfigurationError(
                "another process builds the index just now: wait for it, or stop it first"
            ) from error
    click.echo(f"{done} articles are in the index")
