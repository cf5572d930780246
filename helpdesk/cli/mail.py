"""`helpdesk mail receive`, `helpdesk mail log` and `helpdesk mail run-again`."""

import asyncio
import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import rich_click as click

from helpdesk.cli.failing import Exit
from helpdesk.cli.mail_log import log
from helpdesk.cli.surroundings import run
from helpdesk.kernel.errors import HelpdeskError

if TYPE_CHECKING:
    from helpdesk.channels.tables import Channel

LARGEST = 25 * 1024 * 1024  # bytes, as by SMTP
NUDGE_WITHIN = 3.0  # seconds; the scheduler finds the mail too
FIRST_HEADER = re.compile(rb"(?:\r?\n)*(?:>?From [^\n]*\n)?[!-9;-~]+[ \t]*:")


@click.group()
def mail() -> None:
    """Incoming mail."""


mail.add_command(log)


@mail.command()
@click.option("--to", "recipient", metavar="ADDRESS", help="The mailbox it is for; otherwise its headers tell.")
def receive(recipient: str | None) -> None:
    """Take one mail (RFC 5322) from stdin and print its ID once it is stored.

    The exit status is what mail servers expect of a pipe: 0 stored, 75 try again later, 65 not a message,
    67 no such mailbox.
    """
    content = sys.stdin.buffer.read(LARGEST + 1)
    if not FIRST_HEADER.match(content):
        raise Exit(os.EX_DATAERR, "this is not a message: it has no headers")
    if len(content) > LARGEST:
        raise Exit(os.EX_DATAERR, f"the message is larger than {LARGEST // 1024**2} MB")
    try:
        run(lambda: _receive(content, recipient))
    except Exit:
        raise
    except Exception as error:
        raise Exit(os.EX_TEMPFAIL, f"the message could not be stored: {error or type(error).__name__}") from error


@mail.command("run-again")
@click.argument("number", metavar="ID", type=click.IntRange(1, 2**63 - 1))
def again(number: int) -> None:
    """Take a quarantined mail out of quarantine and have it read again, as after an upgrade.

    A mail that kills the parser twice more goes back.
    """
    if not run(lambda: _run_again(number)):
        raise HelpdeskError(f"mail {number} is not in quarantine; `helpdesk mail log --fate quarantined` lists those")
    click.echo(number)


async def _receive(content: bytes, recipient: str | None) -> None:
    from helpdesk.channels.email.envelopes import read_envelope
    from helpdesk.channels.mailboxes import default_mailbox
    from helpdesk.intake.accepting import accept, find_mailbox, nudged

    named = [recipient] if recipient else _recipients(content)
    found = [(address, channel) for address in named if (channel := await find_mailbox(address))]
    channel: Channel | None = found[0][1] if found else None if recipient else await default_mailbox()
    if channel is None:
        raise Exit(os.EX_NOUSER, f"there is no mailbox {recipient}" if recipient else "there is no mailbox")
    sender = read_envelope(content, mailbox=channel.address or "").sender
    to = list(dict.fromkeys(address for address, _ in found)) or [channel.address]
    id_ = await accept(content, channel=channel, envelope_from=sender, envelope_to=to, source="pipe")
    click.echo(id_)
    with suppress(TimeoutError):
        await asyncio.wait_for(nudged(), NUDGE_WITHIN)


async def _run_again(number: int) -> bool:
    from helpdesk.intake.running_again import run_again
    from helpdesk.people.actor import SYSTEM

    return await run_again(number, by=SYSTEM)


def _recipients(content: bytes) -> list[str]:
    """The addresses that delivering servers note down first, then those in the mail."""
    from helpdesk.channels.email.envelopes import read_noted

    noted = read_noted(content, "delivered-to", "x-original-to", "to", "cc")
    return [address for found in noted.values() for address in found or ()]
