"""How much a network and a mailbox may send by web forms (docs/decisions/0014): counted in the database before anything is written."""

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from helpdesk.channels.email.threading import base_mailbox
from helpdesk.kernel.errors import TooMany
from helpdesk.people.throttling import count_try

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PER_NETWORK, PER_NEIGHBOURHOOD = 20, 200
UNWORKED_PER_NETWORK, UNWORKED_PER_NEIGHBOURHOOD, UNWORKED_OVER_ALL = 4, 20, 300
"""An hour, for posts without the work that a script does: browsers without scripts are few."""
PER_MAILBOX_HOURLY, PER_MAILBOX_DAILY = 6, 20
PER_PAGE = 5
ANSWERS_HOURLY, ANSWERS_DAILY = 30, 200
"""Of one customer in the portal: more than anybody needs, less than a flood."""
UPLOADS_PER_NETWORK, UPLOADS_PER_NEIGHBOURHOOD, UPLOADS_OVER_ALL = 60, 200, 1_000
"""Files an hour of people who are nobody yet."""
UPLOADS_OF_CUSTOMER, UPLOADS_OF_CUSTOMER_DAILY = 60, 300
VOTES_PER_NETWORK, VOTES_PER_NEIGHBOURHOOD = 60, 300
"""An hour, of what readers say of articles."""
OFFERS_PER_PAGE, OFFERS_PER_NETWORK, OFFERS_PER_NEIGHBOURHOOD = 60, 300, 1_500
"""An hour, of articles that a form looks for; a page asks as its text grows."""
LESSONS_PER_NETWORK = 5
"""A day, of one article: what the search learns from whoever comes, votes and answers in forms together."""
SEARCHES_PER_NETWORK, SEARCHES_PER_NEIGHBOURHOOD = 300, 1_500
"""In ten minutes, those while somebody types included: each costs what a few pages do."""


def network_of(address: str) -> str:
    """What one visitor holds: an IPv4 address, or a /64 of IPv6."""
    return _wider(address, 32, 64)


def neighbourhood_of(address: str) -> str:
    """What one who floods may hold: a /24, or a /48 of IPv6."""
    return _wider(address, 24, 48)


async def admit_post(email: str, *, address: str, page: str, is_worked: bool, at: datetime) -> None:
    """Count a post from the network `address` that names the mailbox; raises TooMany.

    The tighter limits come first, so that what they refuse is not counted against everybody.
    """
    network, neighbourhood, mailbox = network_of(address), neighbourhood_of(address), base_mailbox(email)
    await count_try(f"form:page:{page}", at_most=PER_PAGE, within=DAY, at=at)
    await count_try(f"form:network:{network}", at_most=PER_NETWORK, within=HOUR, at=at)
    await count_try(f"form:neighbourhood:{neighbourhood}", at_most=PER_NEIGHBOURHOOD, within=HOUR, at=at)
    if not is_worked:
        await count_try(f"form:unworked:{network}", at_most=UNWORKED_PER_NETWORK, within=HOUR, at=at)
        await count_try(f"form:unworked:{neighbourhood}", at_most=UNWORKED_PER_NEIGHBOURHOOD, within=HOUR, at=at)
        await count_try("form:unworked:all", at_most=UNWORKED_OVER_ALL, within=HOUR, at=at)
    await count_try(f"form:mailbox:hour:{mailbox}", at_most=PER_MAILBOX_HOURLY, within=HOUR, at=at)
    await count_try(f"form:mailbox:day:{mailbox}", at_most=PER_MAILBOX_DAILY, within=DAY, at=at)


async def admit_upload(*, address: str, customer_id: int | None, at: datetime) -> None:
    """Count a file; raises TooMany. One of a customer who proved who they are counts against nobody but them, so that no
    flood of strangers keeps customers from sending theirs."""
    if customer_id is not None:
        await count_try(f"portal:upload:hour:{customer_id}", at_most=UPLOADS_OF_CUSTOMER, within=HOUR, at=at)
        await count_try(f"portal:upload:day:{customer_id}", at_most=UPLOADS_OF_CUSTOMER_DAILY, within=DAY, at=at)
        return
    await count_try(f"form:upload:{network_of(address)}", at_most=UPLOADS_PER_NETWORK, within=HOUR, at=at)
    neighbourhood = neighbourhood_of(address)
    await count_try(f"form:upload:near:{neighbourhood}", at_most=UPLOADS_PER_NEIGHBOURHOOD, within=HOUR, at=at)
    await count_try("form:upload:all", at_most=UPLOADS_OVER_ALL, within=HOUR, at=at)


async def admit_answer(customer_id: int, *, at: datetime) -> None:
    """Count what a customer writes in the portal; raises TooMany."""
    await count_try(f"portal:answers:hour:{customer_id}", at_most=ANSWERS_HOURLY, within=HOUR, at=at)
    await count_try(f"portal:answers:day:{customer_id}", at_most=ANSWERS_DAILY, within=DAY, at=at)


async def admit_vote(*, address: str, at: datetime) -> None:
    """Count what a reader says of an article; raises TooMany."""
    await count_try(f"help:vote:{network_of(address)}", at_most=VOTES_PER_NETWORK, within=HOUR, at=at)
    await count_try(f"help:vote:near:{neighbourhood_of(address)}", at_most=VOTES_PER_NEIGHBOURHOOD, within=HOUR, at=at)


async def admit_offer(*, address: str, page: str, at: datetime) -> None:
    """Count a search for articles in a page of a form; raises TooMany."""
    await count_try(f"form:offer:page:{page}", at_most=OFFERS_PER_PAGE, within=HOUR, at=at)
    await count_try(f"form:offer:{network_of(address)}", at_most=OFFERS_PER_NETWORK, within=HOUR, at=at)
    near = neighbourhood_of(address)
    await count_try(f"form:offer:near:{near}", at_most=OFFERS_PER_NEIGHBOURHOOD, within=HOUR, at=at)


async def may_teach(translation: int, *, address: str, at: datetime) -> bool:
    """Count what somebody says that an article answers, or does not; False: it is heard, and not learnt from."""
    try:
        key = f"help:lesson:{translation}:{network_of(address)}"
        await count_try(key, at_most=LESSONS_PER_NETWORK, within=DAY, at=at)
    except TooMany:
        return False
    return True


async def admit_search(*, address: str, at: datetime) -> None:
    """Count what somebody searches for in the help centre; raises TooMany."""
    within = timedelta(minutes=10)
    await count_try(f"help:search:{network_of(address)}", at_most=SEARCHES_PER_NETWORK, within=within, at=at)
    neighbourhood = neighbourhood_of(address)
    await count_try(f"help:search:near:{neighbourhood}", at_most=SEARCHES_PER_NEIGHBOURHOOD, within=within, at=at)


def _wider(address: str, bits4: int, bits6: int) -> str:
    try:
        read = ip_address(address)
    except ValueError:
        return address[:64]  # a socket without an address: all of them are one network
    mapped = getattr(read, "ipv4_mapped", None) or read
    return str(ip_network((mapped, bits4 if mapped.version == 4 else bits6), strict=False))
