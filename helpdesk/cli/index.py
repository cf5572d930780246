"""`helpdesk index`: the index of articles, which keeps up by itself."""

import rich_click as click

from helpdesk.cli.archive import progress
from helpdesk.cli.surroundings import run


@click.group()
def index() -> None:
    """The index of articles that searches and suggestions read."""


@index.command()
def rebuild() -> None:
    """Write it anew from the database. It keeps up by itself and heals; this is for who wants to see it done."""
    run(_rebuild, patiently=True)


async def _rebuild() -> None:
    from helpdesk.articles.indexing import folder
    from knowledge_base import catching_up, changes
    from knowledge_base.index import Progress

    with progress("articles", max(1, await changes.count())) as step:
        before = 0

        def told(progress: Progress) -> None:
            nonlocal before
            step(progress.done - before)
            before = progress.done

        done = await catching_up.rebuild(folder(), changes, told=told)
    click.echo(f"{done} articles are in the index")
