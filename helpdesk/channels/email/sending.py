"""Handing one mail to an SMTP server, and knowing afterwards what became of it.

Connections are kept for a short while and used again, so that a queue of replies does not greet the
server once a mail. TLS certificates are always checked.
"""

import asyncio
import base64
import time
from collections.abc import Iterator, Sequence
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit
from weakref import WeakKeyDictionary

import aiosmtplib
import msgspec
from aiosmtplib import SMTP

from helpdesk.channels.email.headers import ascii_address

Kind = Literal["sent", "temporary", "permanent", "ambiguous"]

_KEPT_SECONDS = 20
_KEPT_CONNECTIONS = 4
_NOT_ABOUT_THIS_MAIL = {421, 451, 452, 454, 530, 534, 535, 538}
"""Codes about the server, the sign-in or the moment: another try may succeed (RFC 4954 6, RFC 5321 4.2)."""


class Refusal(msgspec.Struct, frozen=True):
    """One recipient that the server did not take, while it may have taken others."""

    recipient: str
    kind: Literal["temporary", "permanent"]
    detail: str


class SendResult(msgspec.Struct, frozen=True):
    """What became of one attempt.

    `sent`: the server answers for every recipient not in `refused`. `temporary`: nobody has it, try again.
    `permanent`: nobody has it and no try will help. `ambiguous`: the link died between DATA and its last
    answer, so that the server may have it or not. `detail` is the server's answer or the error, in one line.
    `is_unreachable`: it was not about the mail, the server could not be reached or did not let us in.
    """

    kind: Kind
    detail: str
    refused: tuple[Refusal, ...] = ()
    is_unreachable: bool = False


class Transport(msgspec.Struct, frozen=True):
    """A server to send by; without a user nobody signs in there. An access token (XOAUTH2) goes before a password."""

    host: str
    port: int
    tls: Literal["none", "starttls", "implicit"]
    username: str | None = None
    password: str | None = None
    access_token: str | None = None

    def __repr__(self) -> str:
        return f"Transport({self.host}:{self.port} {self.tls})"

    def without_secrets(self, text: str) -> str:
        """A server's answer, which may repeat what we said when we signed in."""
        for secret in self._secrets():
            text = text.replace(secret, "***")
        return text

    def _secrets(self) -> Iterator[str]:
        for secret in filter(None, (self.password, self.access_token)):
            yield from (secret, base64.b64encode(secret.encode()).decode())
            yield base64.b64encode(f"\0{self.username}\0{secret}".encode()).decode()


def read_url(smtp_url: str) -> Transport:
    """`smtp://user:pass@host:port?starttls=1` or `smtps://…`; user and password are percent-decoded.

    Raises ValueError, without the password in its text, when the URL is not of this form.
    """
    try:
        url = urlsplit(smtp_url)
        host, port = url.hostname, url.port
    except ValueError as error:
        raise ValueError(f"the SMTP URL is malformed: {error}") from None
    if url.scheme not in ("smtp", "smtps") or not host:
        raise ValueError("the SMTP URL must look like smtp://user:password@host:port?starttls=1 or smtps://…")
    starttls = parse_qs(url.query).get("starttls", ["0"])[-1].lower() in ("1", "true", "yes")
    tls = "implicit" if url.scheme == "smtps" else "starttls" if starttls else "none"
    usual_port = {"implicit": 465, "starttls": 587, "none": 25}[tls]
    username = unquote(url.username) if url.username else None
    password = unquote(url.password) if url.password else None
    return Transport(host, port or usual_port, tls, username, password)


async def send(
    raw: bytes,
    *,
    envelope_from: str | None,
    recipients: Sequence[str],
    transport: Transport,
    timeout_seconds: float = 30,
    local_name: str = "localhost",
) -> SendResult:
    """Hand the mail to the server; None as `envelope_from` is the null sender `<>`.

    `timeout_seconds` is for each answer of the server; `local_name` is said in EHLO. SMTP faults are
    results, never exceptions.
    """
    try:
        sender = ascii_address(envelope_from) if envelope_from else ""
        to = [ascii_address(recipient) for recipient in recipients]
    except ValueError as error:
        return SendResult("permanent", str(error))
    if not to:
        return SendResult("permanent", "there is no recipient")
    try:
        client = await _connection(transport, timeout_seconds, local_name)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        said = transport.without_secrets(said_by(error))
        return SendResult("temporary", f"{transport.host}:{transport.port}: {said}", is_unreachable=True)
    is_usable = False
    try:
        result = await _hand_over(client, raw, sender, to)
        is_usable = client.is_connected and result.kind != "ambiguous"
        return result
    finally:
        if is_usable:
            _keep(transport, client)
        else:
            client.close()


async def _hand_over(client: SMTP, raw: bytes, sender: str, recipients: list[str]) -> SendResult:
    refused: list[Refusal] = []
    try:
        await _greet(client)
        await client.mail(sender, options=[f"size={len(raw)}"] if client.supports_extension("size") else None)
        for recipient in recipients:
            try:
                await client.rcpt(recipient)
            except aiosmtplib.SMTPRecipientRefused as error:
                refused.append(Refusal(recipient, _kind_of(error), said_by(error)))
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return SendResult(_kind_of(error), said_by(error))
    if len(refused) == len(recipients):
        kinds = {refusal.kind for refusal in refused}
        kind: Kind = "permanent" if kinds == {"permanent"} else "temporary"
        return SendResult(kind, "; ".join(f"{refusal.recipient}: {refusal.detail}" for refusal in refused), (*refused,))
    try:
        # The answer is awaited from the first byte on, so a long mail has longer: 50 kB/s at least.
        answer = await client.data(raw, timeout=(client.timeout or 30) + len(raw) / 50_000)
    except aiosmtplib.SMTPResponseException as error:
        return SendResult(_kind_of(error), said_by(error))
    except (aiosmtplib.SMTPException, OSError) as error:
        return SendResult("ambiguous", said_by(error))
    return SendResult("sent", _one_line(f"{answer.code} {answer.message}"), (*refused,))


async def _greet(client: SMTP) -> None:
    """EHLO, or HELO for a server that knows no better; said once a connection."""
    if client.is_ehlo_or_helo_needed:
        try:
            await client.ehlo()
        except aiosmtplib.SMTPHeloError:
            await client.helo()


def _kind_of(error: Exception) -> Literal["temporary", "permanent"]:
    if isinstance(error, ValueError):
        return "permanent"
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return "permanent" if 500 <= error.code < 600 and error.code not in _NOT_ABOUT_THIS_MAIL else "temporary"
    return "temporary"


def said_by(error: Exception) -> str:
    """The server's answer, or the error, in one line."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _one_line(f"{error.code} {error.message}")
    return _one_line(str(error) or type(error).__name__)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]


class _Kept(msgspec.Struct):
    client: SMTP
    until: float


_kept: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Transport, list[_Kept]]] = WeakKeyDictionary()


async def _connection(transport: Transport, timeout_seconds: float, local_name: str) -> SMTP:
    """A greeted connection: a kept one that still answers, or a new one."""
    kept_here = _kept.setdefault(asyncio.get_running_loop(), {})
    _let_go_of_past(kept_here)
    idle = kept_here.get(transport, [])
    while idle:
        kept = idle.pop()
        kept.client.timeout = timeout_seconds
        try:
            await kept.client.rset()
            return kept.client
        except (aiosmtplib.SMTPException, OSError):
            pass  # the server has hung up meanwhile: the next one, or a new one
        kept.client.close()
    return await connect(transport, timeout_seconds, local_name)


async def connect(transport: Transport, timeout_seconds: float, local_name: str = "localhost") -> SMTP:
    """A new connection, greeted, encrypted and signed in as the transport says.

    Raises SMTPException, OSError (of which SSLError is one) or ValueError; their texts may hold the server's words.
    """

    async def access_token() -> str:
        return transport.access_token or ""

    client = SMTP(
        hostname=transport.host,
        port=transport.port,
        username=transport.username,
        password=None if transport.access_token else transport.password,
        oauth_token_generator=access_token if transport.access_token else None,
        use_tls=transport.tls == "implicit",
        start_tls=transport.tls == "starttls",
        local_hostname=local_name,
        timeout=timeout_seconds,
    )
    await client.connect()
    return client


def _let_go_of_past(kept_here: dict[Transport, list[_Kept]]) -> None:
    """Close what waited too long, of every server: an account that was changed, or whose token is another by now, is
    never asked for again."""
    for transport, idle in list(kept_here.items()):
        while idle and idle[0].until <= time.monotonic():
            idle.pop(0).client.close()
        if not idle:
            del kept_here[transport]


def _keep(transport: Transport, client: SMTP) -> None:
    idle = _kept.setdefault(asyncio.get_running_loop(), {}).setdefault(transport, [])
    if len(idle) < _KEPT_CONNECTIONS:
        idle.append(_Kept(client, time.monotonic() + _KEPT_SECONDS))
    else:
        client.close()


async def close_connections() -> None:
    """Say goodbye on all kept connections of this event loop; for a clean stop."""
    for idle in _kept.pop(asyncio.get_running_loop(), {}).values():
        for kept in idle:
            try:
                await kept.client.quit()
            except (aiosmtplib.SMTPException, OSError):
                kept.client.close()
