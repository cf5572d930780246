"""Words of tickets that were left for later: a customer with very many tickets got another name, address or owner.

A ticket that waits is a row, gone in the transaction that writes its words; until then it is found by the old ones.
"""

from helpdesk import actors
from helpdesk.kernel.database import rows, transaction

BATCH = 100
"""A millisecond each, while whoever writes on one of them waits."""
BATCHES = 40
"""Of a job: the scheduler nudges every five seconds while any wait, and jobs that went on to the end would take every worker."""


async def write_stale_words() -> None:
    """Batch after batch for some seconds, or until none waits; any number at once share the work."""
    for _turn in range(BATCHES):
        if not await _batch():
            return


async def nudge_writing() -> None:
    if await rows("SELECT FROM hd_stale_words LIMIT 1"):
        actors.write_stale_words.send()


async def _batch() -> bool:
    async with transaction():
        taken = await rows(
            """DELETE FROM hd_stale_words WHERE ticket IN (
                SELECT ticket FROM hd_stale_words ORDER BY ticket LIMIT {} FOR UPDATE SKIP LOCKED) RETURNING ticket""",
            BATCH,
        )
        for ticket in sorted(row["ticket"] for row in taken):
            await rows("SELECT hd_write_ticket_words({})", ticket)
    return bool(taken)
