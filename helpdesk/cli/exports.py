"""`helpdesk export`: what people have written, in files that other programs read."""

from pathlib import Path

import rich_click as click

from helpdesk.cli.archive import progress
from helpdesk.cli.surroundings import run
from helpdesk.kernel.errors import ConfigurationError


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> None:
    """Write all articles to FOLDER/articles: Markdown files, drafts too, with their images and files.

    The page "Import and export" of another installation takes them as a ZIP. A backup is another command.
    """
    place = folder.absolute() / "articles"
    if place.exists() and any(place.iterdir()):
        raise ConfigurationError(f"{place} is not empty: name another folder")
    place.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def work() -> int:
        from knowledge_base import exporting

        with progress("articles", max(1, await exporting.count())) as step:
            return await exporting.export_into(place, told=step)

    click.echo(f"wrote {run(work, patiently=True)} files to {place}")
