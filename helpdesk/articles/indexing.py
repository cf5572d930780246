"""Where this machine keeps the index of articles."""

from pathlib import Path

from helpdesk.kernel.settings import settings


def folder() -> Path:
    return settings().data_dir / "index"
