"""The connection test of a mailbox, with the mail that it sends to itself."""

from datetime import datetime

from helpdesk.channels.email.checking.findings import Finding
from helpdesk.channels.email.checking.running import check_channel
from helpdesk.channels.tables import Channel
from helpdesk.deliveries.probing import find_plus, send_probe
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand


async def check_mailbox(channel: Channel, *, with_probe: bool, by: SignedIn, at: datetime) -> list[Finding]:
    """Look at everything, within 20 seconds or so; whether the probe came back shows later, in `find_plus`."""
    demand(by, "manage_channels")
    if with_probe:
        await send_probe(channel, by=by, at=at)
    return [*await check_channel(channel), await find_plus(channel)]
