"""What is made of all articles at once is made once for each state of them, by each process."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from knowledge_base.changes import newest

_MOST = 16
_T = TypeVar("_T")
_kept: OrderedDict[Hashable, tuple[object, Any]] = OrderedDict()


async def remembered(key: Hashable, make: Callable[[], Awaitable[_T]]) -> _T:
    """What `make` made under this key, unless what readers see was changed since; then made anew."""
    state = await newest()
    known = _kept.get(key)
    if known is None or known[0] != state:
        known = _kept[key] = (state, await make())
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    return known[1]
