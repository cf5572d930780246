"""Mails of the portal to customers: the link that signs them in."""

from datetime import datetime, timedelta

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.composing import OutgoingMail
from helpdesk.channels.email.threading import base_mailbox
from helpdesk.channels.mailboxes import default_mailbox
from helpdesk.customers.visiting import make_link
from helpdesk.deliveries.queueing import Letter, queue
from helpdesk.deliveries.tables import DeliveryKind
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import TooMany
from helpdesk.kernel.language import _, speaking
from helpdesk.kernel.settings import settings
from helpdesk.people.installing import this_installation
from helpdesk.people.throttling import count_try

HOURLY, DAILY = 3, 10
"""Links to one mailbox, whatever its plus part: nobody is flooded by somebody who types their address."""


async def mail_sign_in_link(address: str, *, next_path: str, language: str, at: datetime) -> None:
    """Mail a link to the customer with this address; to nobody else, and nobody learns which addresses are known."""
    try:
        async with transaction():
            await _mail(address, next_path=next_path, language=language, at=at)
    except TooMany:
        return


async def _mail(address: str, *, next_path: str, language: str, at: datetime) -> None:
    """Raises TooMany. Only links are counted: who asked in vain gets one as soon as they are a customer."""
    made = await make_link(address, next_path=next_path, at=at)
    if made is None:
        return
    mailbox = base_mailbox(address)
    await count_try(f"portal:hour:{mailbox}", at_most=HOURLY, within=timedelta(hours=1), at=at)
    await count_try(f"portal:day:{mailbox}", at_most=DAILY, within=timedelta(days=1), at=at)
    token, customer = made
    us = await this_installation()
    with speaking(language):
        subject = _("Your link to sign in to %(company)s") % {"company": us.name}
        text = _(
            "Hello,\n\nOpen this link to see your requests. It works once, for 30 minutes:\n\n%(link)s\n\n"
            "If you did not ask for it, you need do nothing: nobody else has this link."
        ) % {"link": f"{settings().base_url}/sign-in/{token}"}  # fmt: skip
    mail = OutgoingMail(
        from_=Address(us.name, ""), to=(Address(customer.name, customer.address),), subject=subject, date=at, message_id="",
        language=language, text=text, automatic="auto-generated", instance_id=str(us.instance_id),
    )  # fmt: skip
    await queue(Letter(mail), kind=DeliveryKind.SYSTEM, channel=await default_mailbox(), not_before=at, at=at)
