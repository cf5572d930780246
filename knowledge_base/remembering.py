"""What is made of all articles at once is made once for each state of them, by each process."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from helpdesk.kernel.database import rows

_MOST = 16
_T = TypeVar("_T")
_kept: OrderedDict[Hashable, tuple[object, Any]] = OrderedDict()


async def remembered(key: Hashable, make: Callable[[], Awaitable[_T]]) -> _T:
    """What `make` made under this key, unless what readers see was changed since; then made anew."""
    state = await _state()
    known = _kept.get(key)
    if known is None or known[0] != state:
        known = _kept[key] = (state, await make())
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    return known[1]


async def _state() -> object:
    """The newest change, with its instant: numbers alone begin anew with a database."""
    found = await rows("SELECT id, at FROM kb_change ORDER BY id DESC LIMIT 1")
    return (found[0]["id"], found[0]["at"]) if found else None
