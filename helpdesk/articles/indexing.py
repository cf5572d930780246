"""The index of articles on this machine: where it is, and how it keeps up."""

from pathlib import Path

import structlog

from helpdesk.kernel.settings import settings
from knowledge_base import catching_up, changes
from knowledge_base.index_reading import NoIndex
from knowledge_base.index_storage import remove

log = structlog.get_logger(__name__)


def folder() -> Path:
    return settings().data_dir / "index"


async def keep_up() -> None:
    """Bring in what was changed; without room on the disk searches go on with what there is."""
    try:
        await catching_up.keep_up(folder(), changes)
    except (OSError, NoIndex) as error:
        log.warning("index_not_written", error=repr(error), folder=str(folder()))


def forget() -> None:
    """Take the index away: the numbers that it knows are of another database. It is made anew from this one."""
    remove(folder())
