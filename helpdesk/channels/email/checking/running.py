"""The connection test of a mailbox: everything that can be found out at once, within some seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import dns.asyncresolver
import structlog

from helpdesk.channels.email import fetching
from helpdesk.channels.email.checking.findings import Finding, problem, unknown
from helpdesk.channels.email.checking.records import check_records
from helpdesk.channels.email.checking.sign_ins import check_receiving, check_sending
from helpdesk.channels.email.oauth import access_token
from helpdesk.channels.email.transports import default_transport, transport_of
from helpdesk.channels.mail_accounts import account_of, note_outcome
from helpdesk.channels.tables import Channel, Direction, MailAccount
from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.language import _, digits
from helpdesk.kernel.sealing import open_sealed

log = structlog.get_logger(__name__)

Look = Callable[[], Awaitable[list[Finding]]]

WITHIN = 15.0
"""Seconds for everything, after the token; somebody waits for the page."""
TOKEN_WITHIN = 4.0


async def check_channel(channel: Channel, *, resolver: dns.asyncresolver.Resolver | None = None) -> list[Finding]:
    """Findings on the mailbox's servers and domain. How a server did is kept with its account."""
    incoming, outgoing = [await account_of(channel.id, one) for one in (Direction.IN, Direction.OUT)]
    sends_by = outgoing.host if outgoing else ""
    receive, send = await _receiving(incoming), await _sending(channel, outgoing)
    receiving, sending, records = await asyncio.gather(
        _in_time("receiving", receive),
        _in_time("sending", send),
        _in_time(
            "dns", partial(check_records, channel.address.rpartition("@")[2], sends_by=sends_by, resolver=resolver)
        ),
    )
    await _note(incoming, receiving)
    await _note(outgoing, sending)
    return [*receiving, *sending, *records]


async def check_accounts(channel: Channel) -> list[Finding]:
    """Findings on the servers of its own alone, if it has any."""
    incoming, outgoing = [await account_of(channel.id, one) for one in (Direction.IN, Direction.OUT)]
    receive = await _receiving(incoming)
    send = await _sending(channel, outgoing) if outgoing else partial(_said)
    receiving, sending = await asyncio.gather(_in_time("receiving", receive), _in_time("sending", send))
    return [*receiving, *sending]


async def _receiving(account: MailAccount | None) -> Look:
    """How to look; secrets are had before, one after the other, as that may be in a transaction."""
    if account is None:
        return partial(_said)
    try:
        server = fetching.Server(
            host=account.host, port=account.port, tls=account.tls, username=account.username,
            password=open_sealed(account.password), access_token=await _token(account),
        )  # fmt: skip
    except HelpdeskError as error:
        return partial(_said, _no_secret("receiving", error))
    if not (server.password or server.access_token):
        text = _("There is nothing to sign in with at %(host)s yet.") % {"host": account.host}
        advice = _("Enter the password, or connect the mailbox with its provider.")
        return partial(_said, problem("receiving.sign_in", text, advice))
    return partial(check_receiving, server, account.folder)


async def _sending(channel: Channel, account: MailAccount | None) -> Look:
    try:
        transport = await transport_of(account, token=await _token(account)) if account else default_transport()
    except HelpdeskError as error:
        return partial(_said, _no_secret("sending", error))
    if transport is None:
        text = _("There is no server to send by: replies stay queued.")
        advice = _("Enter a server for this mailbox, or set HELPDESK_SMTP_URL for all that have none.")
        return partial(_said, problem("sending.host", text, advice))
    return partial(check_sending, transport, sender=channel.address)


async def _token(account: MailAccount) -> str:
    if not account.oauth_grant:
        return ""
    try:
        async with asyncio.timeout(TOKEN_WITHIN):
            return await access_token(account.oauth_grant)
    except TimeoutError:
        raise HelpdeskError(_("The provider of the sign-in does not answer.")) from None


async def _said(*findings: Finding) -> list[Finding]:
    """What was known before looking."""
    return list(findings)


async def _note(account: MailAccount | None, found: list[Finding]) -> None:
    """What could not be tried says nothing of the account."""
    if account and all(one.level != "unknown" for one in found):
        await note_outcome(account.id, "; ".join(one.text for one in found if one.level == "problem"))


def _no_secret(direction: str, error: HelpdeskError) -> Finding:
    return problem(f"{direction}.sign_in", str(error), _("Enter the password again, or connect the mailbox again."))


async def _in_time(check: str, look: Look) -> list[Finding]:
    """A finding even when looking takes too long or fails in a way that nobody thought of."""
    try:
        async with asyncio.timeout(WITHIN):
            return await look()
    except TimeoutError:
        text = _("This took longer than %(seconds)s seconds.") % {"seconds": digits(int(WITHIN))}
        return [problem(check, text, _("Try again; if it stays, ask the administrator of the mail server."))]
    except Exception as error:
        log.exception("check_failed", check=check)
        return [unknown(check, _("This could not be tried: %(error)s") % {"error": type(error).__name__})]
