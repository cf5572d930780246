"""What reached agents by mail of promised times that ran out: who was told of what, how often, and when."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from sla.words import METRICS
from tests.chaos.sink import Copy

_NAMED = re.compile(r"^#(\d+) .* – (.+?)\r?$", re.MULTILINE)
_OF_WORDS = {words: str(metric) for metric, words in METRICS.items()}
_WARNING = "The promised time runs out soon"

Told = tuple[str, int, str]
"""An agent's address, a ticket's number, a metric."""


class Mails(msgspec.Struct, kw_only=True):
    """`told` counts each promise once for every mail that names it; what arrived twice as the same mail is one mail."""

    told: Counter[Told]
    digests: dict[str, int]
    """How many came to each agent."""
    copies: int
    """Arrivals of mails that had arrived: their worker died between the 250 and its commit."""
    apart: timedelta | None
    """The shortest time between two to one agent, by their dates."""
    warnings: int


def read(copies: Sequence[Copy]) -> Mails:
    """Of mails that tell of several promises at once."""
    together = [copy for copy in copies if _NAMED.search(copy.text)]
    mails = {copy.message_id: copy for copy in together}
    told: Counter[Told] = Counter()
    times: dict[str, list[datetime]] = defaultdict(list)
    for mail in mails.values():
        [agent] = mail.recipients
        times[agent].append(mail.sent_at)
        told.update((agent, int(number), _OF_WORDS[words]) for number, words in _NAMED.findall(mail.text))
    apart = (later - earlier for some in times.values() for earlier, later in pairwise(sorted(some)))
    return Mails(
        told=told, digests={agent: len(some) for agent, some in times.items()}, copies=len(together) - len(mails),
        apart=min(apart, default=None), warnings=sum(_WARNING in copy.text for copy in copies),
    )  # fmt: skip
