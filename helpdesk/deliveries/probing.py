"""Whether a mailbox takes name+anything@, proven by a mail of ours that comes back to it (rulings 19).

The mail leaves like any other, to an address that only we can make; the intake recognises it. Until then signed
addresses rest on what the administrator says.
"""

from datetime import datetime, timedelta
from typing import Any

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.checking.findings import Finding, ok, problem, unknown, warning
from helpdesk.channels.email.composing import OutgoingMail
from helpdesk.channels.email.threading import base_mailbox, has_room, is_probe, probe_address
from helpdesk.channels.tables import Channel
from helpdesk.deliveries.bouncing import unknown_mailboxes
from helpdesk.deliveries.queueing import REPLY_KEYS, Letter, queue
from helpdesk.deliveries.tables import DeliveryKind
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.language import _, moment, reader
from helpdesk.kernel.tokens import keys
from helpdesk.people.actor import SignedIn
from helpdesk.people.installing import this_installation
from helpdesk.people.permissions import demand

PATIENCE = timedelta(minutes=10)
AGAIN_AFTER = timedelta(minutes=1)

CHECK = "receiving.plus"


async def send_probe(channel: Channel, *, by: SignedIn, at: datetime) -> None:
    """Queue a probe, unless one of the last minute may still come back or the mailbox's name is too long for a signature."""
    demand(by, "manage_channels")
    if not has_room(channel.address):
        return
    installation = await this_installation()
    mail = OutgoingMail(
        from_=Address(channel.name, ""),
        to=(Address("", probe_address(channel.address, int(at.timestamp()), keys(REPLY_KEYS)[0])),),
        subject=_("A test of the helpdesk"), date=at, message_id="", language=reader().language,
        text=_("The helpdesk sent this mail to itself, to see whether addresses with a plus arrive. There is nothing to do."),
        automatic="auto-generated", instance_id=str(installation.instance_id),
    )  # fmt: skip
    async with transaction():
        await lock("probe", channel.id)
        last = await _last_probe(channel.id)
        if last["state"] and not last["has_arrived"] and last["age"] < AGAIN_AFTER:
            return
        probe = await queue(Letter(mail), kind=DeliveryKind.PROBE, channel=channel, not_before=at, at=at)
        await Channel.update({Channel.probe_id: probe.id}).where(Channel.id == channel.id)


async def recognise_probe(recipients: list[str]) -> bool:
    """Whether the mail is a probe; then its mailbox is known to take addresses with a plus."""
    mailboxes = [base_mailbox(address) for address in recipients if is_probe(address, keys(REPLY_KEYS))]
    if mailboxes:
        await rows(
            "UPDATE hd_channel SET plus_proven_at = now(), is_plus_addressed = true WHERE address = {}", mailboxes[0]
        )
    return bool(mailboxes)


async def conclude(delivery: dict[str, Any]) -> None:
    """A probe whose address does not exist proves the opposite: answers must not be sent where nothing arrives.

    Any other refusal is of the mail or of us, and says nothing of the address.
    """
    if delivery["kind"] == DeliveryKind.PROBE and delivery["state"] == "failed" and unknown_mailboxes(delivery):
        await rows("UPDATE hd_channel SET is_plus_addressed = false WHERE probe_id = {}", delivery["id"])


async def find_plus(channel: Channel) -> Finding:
    """What is known of addresses with a plus; `unknown` as long as it may change by waiting."""
    values: dict[str, object] = {"address": channel.address.replace("@", "+…@")}
    if not has_room(channel.address):
        text = _("%(address)s is too long: no signature fits before the @.") % {"address": channel.address}
        return warning(CHECK, text, _("Answers find their ticket by the references of mail programs alone. A shorter address helps."))  # fmt: skip
    probe = await _last_probe(channel.id)
    if probe["has_arrived"] or (probe["plus_proven_at"] and not probe["state"]):
        proven_at = probe["plus_proven_at"]
        return ok(CHECK, _("Mail to %(address)s arrives: proven %(date)s.") % (values | {"date": moment(proven_at)}))
    if not probe["state"]:
        return unknown(CHECK, _("Nobody has tried yet whether mail to %(address)s arrives.") % values)
    advice = _("Switch “Takes addresses with a plus” off, or have the mail server take them; then test again.")
    if probe["state"] == "failed":
        text = _("Mail to %(address)s is refused: %(error)s") % (values | {"error": probe["last_error"]})
        return problem(CHECK, text, advice)
    if probe["state"] == "queued" and probe["last_error"]:
        text = _("The mail that tries %(address)s has not left yet: %(error)s") % (values | {"error": probe["last_error"]})  # fmt: skip
        return problem(CHECK, text, _("See to the server that sends, then test again."))
    if probe["age"] > PATIENCE:
        text = _("A mail to %(address)s left %(date)s and has not arrived.") % (values | {"date": moment(probe["queued_at"])})  # fmt: skip
        return problem(CHECK, text, advice)
    return unknown(CHECK, _("A mail to %(address)s is on its way; when it arrives, this is proven.") % values)


async def _last_probe(channel_id: int) -> dict[str, Any]:
    """`state` is None when there was none."""
    [row] = await rows(
        """SELECT d.state, d.last_error, d.queued_at, now() - d.queued_at AS age, c.plus_proven_at,
            coalesce(c.plus_proven_at >= d.queued_at, false) AS has_arrived
        FROM hd_channel c LEFT JOIN hd_delivery d ON d.id = c.probe_id WHERE c.id = {}""",
        channel_id,
    )
    return row
