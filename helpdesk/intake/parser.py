"""The parser of this process: one child, started with the first mail."""

from functools import cache

from helpdesk.channels.email.parsing_child import ParserProcess


@cache
def parser() -> ParserProcess:
    return ParserProcess()
