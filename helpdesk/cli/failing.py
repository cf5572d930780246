"""Failures as one line for the person at the terminal."""

import rich_click as click
from click.exceptions import Abort, ClickException, NoArgsIsHelpError

from helpdesk.kernel.errors import HelpdeskError


class Exit(HelpdeskError):
    """End the command with this status after saying why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def in_one_line(error: BaseException) -> tuple[str, int] | None:
    """What to say and the exit status; None for what nobody foresaw, which deserves its traceback."""
    match error:
        case NoArgsIsHelpError():
            print(error.message)
            return "", 2
        case ClickException():
            where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
            hint = f" (see `{where} --help`)" if where else ""
            return f"{_one_line(error.format_message())}{hint}", error.exit_code
        case Abort():
            return "", 130
        case Exit():
            return _one_line(str(error)), error.status
        case BrokenPipeError():
            return "", 1
        case HelpdeskError():
            return _one_line(str(error)), 1
        case OSError() if error.errno or isinstance(error, ConnectionError):
            return _one_line(str(error)), 1
    if type(error).__module__.split(".")[0] in ("asyncpg", "redis", "aiosmtplib") or isinstance(error, TimeoutError):
        return f"{type(error).__name__}: {_one_line(str(error))}", 1
    return None


def _one_line(text: str) -> str:
    return " ".join(text.split())
