"""Requests to addresses that others named: the one way out, which leads nowhere inside (reliability_security E1).

https only, on the usual port, no redirects. The name is looked up once, every address that it has must be a public one,
and the connection goes to the address that was checked, with the name kept for its certificate. Nobody sees the answer.
"""

import asyncio
import socket
from ipaddress import IPv6Address, IPv6Network, ip_address

import httpx

from helpdesk.kernel.errors import HelpdeskError

WITHIN = 5.0
"""Seconds for the whole exchange."""
LONGEST_ANSWER = 64 * 1024
"""Bytes that are read of an answer; the rest is left."""
_UNICAST, _NAT64 = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")
"""All of IPv6 that anybody is given (RFC 4291, 2.4), and what stands for an IPv4 address where there is no IPv4 (RFC 6052):
anything else, such as the old site-local and IPv4-compatible forms, Python takes for public."""


class NotAllowed(HelpdeskError):
    """The address leads somewhere that we do not send to."""


async def post(url: str, content: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    """Post the bytes; the answer's status and header fields. Raises NotAllowed, and OSError when nobody answers in time."""
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise NotAllowed("no address") from error
    address = await checked_address(target)
    pinned = target.copy_with(host=address)
    try:
        async with (
            asyncio.timeout(WITHIN),
            httpx.AsyncClient(timeout=WITHIN, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                pinned,
                content=content,
                headers={**headers, "host": target.host},
                extensions={"sni_hostname": target.host},
            ) as answer,
        ):
            return answer.status_code, dict(answer.headers)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise OSError(f"{target.host}: {error!r}") from error


async def checked_address(target: httpx.URL) -> str:
    """The one address to connect to; raises NotAllowed, and OSError when the name is not known."""
    if target.scheme != "https" or target.port not in (None, 443) or target.userinfo or not target.host:
        raise NotAllowed("only https on the usual port")
    found = await asyncio.wait_for(resolve(target.host), WITHIN)
    if not found or not all(is_public(one) for one in found):
        raise NotAllowed(f"{target.host} is no public address")
    return found[0]


async def resolve(host: str) -> list[str]:
    """The addresses of a name, as the system knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def is_public(address: str) -> bool:
    """Whether the address is anybody's on the internet, in whatever form it is written: an IPv4 address inside of an
    IPv6 one (6to4, Teredo, NAT64) is looked at, too; a mapped one is refused, as no name has it."""
    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(read, IPv6Address) and read not in _UNICAST and read not in _NAT64:
        return False
    inside = _inside(read) if isinstance(read, IPv6Address) else []
    return all(one.is_global and not one.is_multicast for one in (read, *inside))


def _inside(address: IPv6Address) -> list:
    nat64 = ip_address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return [one for one in (address.sixtofour, *(address.teredo or ()), nat64) if one is not None]
