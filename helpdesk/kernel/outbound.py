"""Requests to addresses that others named: the one way out, which leads nowhere inside (reliability_security E1).

https only, on the usual port, no redirects. The name is looked up once, every address that it has must be a public one,
and the connection goes to the address that was checked, with the name kept for its certificate. Who runs the helpdesk
may name hosts inside that it asks all the same (`HELPDESK_OUTBOUND_HOSTS`); who sits in its console may not.
"""

import asyncio
import socket
from ipaddress import IPv6Address, IPv6Network, ip_address

import httpx
import msgspec

from helpdesk.kernel.errors import HelpdeskError
from helpdesk.kernel.settings import settings

WITHIN = 5.0
"""Seconds for the whole exchange."""
LONGEST_ANSWER = 256 * 1024
"""Bytes of an answer that is read; a longer one is none."""
_UNICAST, _NAT64 = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")
"""All of IPv6 that anybody is given (RFC 4291, 2.4), and what stands for an IPv4 address where there is no IPv4 (RFC 6052):
anything else, such as the old site-local and IPv4-compatible forms, Python takes for public."""


class NotAllowed(HelpdeskError):
    """The address leads somewhere that we do not send to."""


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    content: bytes = b""


async def post(url: str, content: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    """Post the bytes; the answer's status and header fields, its body is left. Raises as `ask`."""
    answer = await _exchange("POST", url, content, headers, reads=False)
    return answer.status, answer.headers


async def ask(
    method: str, url: str, *, content: bytes = b"", headers: dict[str, str] | None = None, within: float = WITHIN
) -> Answer:
    """The whole answer. Raises NotAllowed, and OSError when nobody answers in time, or without end."""
    asked = {"accept-encoding": "identity", **(headers or {})}
    return await _exchange(method, url, content, asked, reads=True, within=within)


async def _exchange(
    method: str, url: str, content: bytes, headers: dict[str, str], *, reads: bool, within: float = WITHIN
) -> Answer:
    try:
        target = httpx.URL(url)
        address = await checked_address(target)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise NotAllowed("no address") from error
    pinned = target.copy_with(host=address)
    try:
        async with (
            asyncio.timeout(within),
            httpx.AsyncClient(timeout=within, follow_redirects=False, trust_env=False) as client,
            client.stream(
                method,
                pinned,
                content=content,
                headers={**headers, "host": target.netloc.decode()},
                extensions={"sni_hostname": target.host},
            ) as answer,
        ):
            body = await _body(answer) if reads else b""
            return Answer(answer.status_code, dict(answer.headers), body)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise OSError(f"{target.host}: {error!r}") from error


async def _body(answer: httpx.Response) -> bytes:
    content = b""
    async for piece in answer.aiter_raw():
        content += piece
        if len(content) > LONGEST_ANSWER:
            raise httpx.DecodingError("the answer is too long")
    return content


async def checked_address(target: httpx.URL) -> str:
    """The one address to connect to; raises NotAllowed, and OSError when the name is not known."""
    if target.userinfo or not target.host:
        raise NotAllowed("no address of a server")
    if is_listed(target):
        return (await asyncio.wait_for(resolve(target.host), WITHIN))[0]
    if target.scheme != "https" or target.port not in (None, 443):
        raise NotAllowed("only https on the usual port")
    found = await asyncio.wait_for(resolve(target.host), WITHIN)
    if not found or not all(is_public(one) for one in found):
        raise NotAllowed(f"{target.host} is no public address")
    return found[0]


def is_listed(target: httpx.URL) -> bool:
    """Whether who runs the helpdesk named this host and port; without https only on this very machine."""
    listed = settings().outbound_hosts.replace(",", " ").lower().split()
    port = target.port or (443 if target.scheme == "https" else 80)
    is_named = f"{target.host}:{port}" in listed or (port == 443 and target.host in listed)
    return is_named and (target.scheme == "https" or (target.scheme == "http" and _is_loopback(target.host)))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
