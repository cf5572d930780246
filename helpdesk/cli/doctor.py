"""`helpdesk doctor`: one line a check."""

import asyncio
import os
from contextlib import ExitStack

import rich_click as click

from helpdesk.cli.surroundings import servers
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.settings import settings

COLOURS = {"ok": "green", "warn": "yellow", "FAIL": "red"}
WITHIN = 20.0  # seconds a check


@click.command()
def doctor() -> int:
    """Check configuration, database, Redis, mail, clocks and disk, and say what to do. Fails when something must be done."""
    os.environ.setdefault("HELPDESK_LOG_LEVEL", "error")
    try:
        settings()
    except ConfigurationError as error:
        _tell("FAIL", "configuration", str(error))
        return 1
    _tell("ok", "configuration", f"data directory {settings().data_dir}")
    with ExitStack() as stack:
        try:
            stack.enter_context(servers())
        except ConfigurationError as error:
            _tell("FAIL", "servers", str(error))
            return 1
        from helpdesk.kernel import logs

        logs.configure("doctor")
        return 1 if asyncio.run(_look_at_everything()) else 0


async def _look_at_everything() -> int:
    """How many checks failed."""
    from helpdesk.cli.checks import CHECKS, Finding

    failed = 0
    for name, check in CHECKS.items():
        try:
            finding = await asyncio.wait_for(check(), WITHIN)
        except Exception as error:
            finding = Finding("FAIL", " ".join(str(error).split()) or type(error).__name__)
        _tell(finding.level, name, finding.text)
        failed += finding.level == "FAIL"
    return failed


def _tell(level: str, name: str, text: str) -> None:
    click.echo(f"{click.style(f'{level:4}', fg=COLOURS[level])}  {name:15}  {text}")
