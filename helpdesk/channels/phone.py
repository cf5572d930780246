"""The telephone as a channel: calls that agents write down. Answers leave by the default mailbox."""

from datetime import datetime

from helpdesk.channels.tables import Channel
from helpdesk.kernel.database import lock, transaction

KIND = "phone"


async def phone(*, at: datetime) -> Channel:
    """The one channel of calls, made with the first of them."""
    if found := await Channel.objects().get(Channel.kind == KIND):
        return found
    async with transaction():
        await lock("channel", KIND)
        if found := await Channel.objects().get(Channel.kind == KIND):
            return found
        channel = Channel(kind=KIND, name="Phone", acknowledges=False, is_plus_addressed=False, created_at=at)
        await channel.save()
        return channel
