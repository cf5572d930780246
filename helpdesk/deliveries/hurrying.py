"""Trying again at once what waits because of its server, when the server was changed."""

from helpdesk.kernel.database import rows


async def hurry(channel_id: int) -> None:
    """Let mails of the channel that failed before leave now, instead of after their back-off; the scheduler finds them."""
    await rows(
        """UPDATE hd_delivery SET not_before = now() WHERE channel = {} AND state = 'queued' AND last_error <> '' AND not_before > now()""",
        channel_id,
    )
