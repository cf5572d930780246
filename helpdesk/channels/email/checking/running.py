"""The connection test of a mailbox: everything that can be found out at once, within some seconds."""

import asyncio
from collections.abc import Awaitable

import dns.asyncresolver
import structlog

from helpdesk.channels.email import fetching
from helpdesk.channels.email.checking.findings import Finding, problem, unknown
from helpdesk.channels.email.checking.records import check_records
from helpdesk.channels.email.checking.sign_ins import check_receiving, check_sending
from helpdesk.channels.email.sending import Transport
from helpdesk.channels.email.transports import default_transport, token_of, transport_of
from helpdesk.channels.mail_accounts import account_of, note_outcome
from helpdesk.channels.tables import Channel, Direction, MailAccount
from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.language import _
from helpdesk.kernel.sealing import open_sealed

log = structlog.get_logger(__name__)

WITHIN = 18.0
"""Seconds for everything; somebody waits for the page."""


async def check_channel(channel: Channel, *, resolver: dns.asyncresolver.Resolver | None = None) -> list[Finding]:
    """Findings on the mailbox's servers and domain; call it outside of transactions. How a server did is kept with its account."""
    incoming, outgoing = [await account_of(channel.id, one) for one in (Direction.IN, Direction.OUT)]
    sends_by = outgoing.host if outgoing else ""
    receiving, sending, records = await asyncio.gather(
        _in_time("receiving", _receiving(incoming)),
        _in_time("sending", _sending(channel, outgoing)),
        _in_time("dns", check_records(channel.address.rpartition("@")[2], sends_by=sends_by, resolver=resolver)),
    )
    for account, found in ((incoming, receiving), (outgoing, sending)):
        if account:
            faults = [one.text for one in found if one.level == "problem"]
            await note_outcome(account.id, "; ".join(faults))
    return [*receiving, *sending, *records]


async def check_accounts(channel: Channel) -> list[Finding]:
    """The same for the servers of its own alone, if it has any: for `helpdesk doctor`."""
    incoming, outgoing = [await account_of(channel.id, one) for one in (Direction.IN, Direction.OUT)]
    receiving, sending = await asyncio.gather(
        _in_time("receiving", _receiving(incoming)),
        _in_time("sending", _sending(channel, outgoing) if outgoing else _nothing()),
    )
    return [*receiving, *sending]


async def _receiving(account: MailAccount | None) -> list[Finding]:
    if account is None:
        return []
    try:
        server = fetching.Server(
            host=account.host, port=account.port, tls=account.tls, username=account.username,
            password=open_sealed(account.password),
            access_token=await token_of(account.oauth_grant) if account.oauth_grant else "",
        )  # fmt: skip
    except HelpdeskError as error:
        return [_no_secret("receiving", error)]
    if not (server.password or server.access_token):
        text = _("There is nothing to sign in with at %(host)s yet.") % {"host": account.host}
        return [problem("receiving.sign_in", text, _("Enter the password, or connect the mailbox with its provider."))]
    return await check_receiving(server, account.folder)


async def _sending(channel: Channel, account: MailAccount | None) -> list[Finding]:
    try:
        transport: Transport | None = await transport_of(account) if account else default_transport()
    except HelpdeskError as error:
        return [_no_secret("sending", error)]
    if transport is None:
        text = _("There is no server to send by: replies stay queued.")
        advice = _("Enter a server for this mailbox, or set HELPDESK_SMTP_URL for all that have none.")
        return [problem("sending.host", text, advice)]
    return await check_sending(transport, sender=channel.address)


def _no_secret(direction: str, error: HelpdeskError) -> Finding:
    return problem(f"{direction}.sign_in", str(error), _("Enter the password again, or connect the mailbox again."))


async def _in_time(check: str, looking: Awaitable[list[Finding]]) -> list[Finding]:
    """A finding even when looking takes too long or fails in a way that nobody thought of."""
    try:
        async with asyncio.timeout(WITHIN):
            return await looking
    except TimeoutError:
        text = _("This took longer than %(seconds)s seconds.") % {"seconds": int(WITHIN)}
        return [problem(check, text, _("Try again; if it stays, ask the administrator of the mail server."))]
    except Exception as error:
        log.exception("check_failed", check=check)
        return [unknown(check, _("This could not be tried: %(error)s") % {"error": type(error).__name__})]


async def _nothing() -> list[Finding]:
    return []
