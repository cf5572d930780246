"""Holding a customer or an organisation while they are changed, so that one change follows the other."""

from helpdesk.customers.tables import MergedKind
from helpdesk.kernel.database import lock, rows, try_lock
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _

_IS_MERGED = "SELECT FROM hd_merge_asked WHERE kind = {} AND {} IN (survivor, loser) AND done_at IS NULL"


async def hold_unless_merged(kind: MergedKind, id: int) -> None:
    """Nobody else changes, merges or parts this one until the transaction ends.

    Who is at it just now is waited for, but not while very many tickets move, which may take minutes: that raises Invalid
    at `customer` or `organisation`.
    """
    if await try_lock(kind, id):
        return
    if await rows(_IS_MERGED, kind, id):
        raise Invalid(**{kind.value: _("This one is just being merged or parted. Wait until that is done.")})
    await lock(kind, id)
