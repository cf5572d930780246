"""From a host's name to an encrypted greeting: the steps that SMTP and IMAP share, each with its own finding."""

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal, TypeVar

import msgspec

from helpdesk.channels.email.checking.findings import Finding, ok, problem, warning
from helpdesk.kernel.language import _, moment
from helpdesk.kernel.time import now

T = TypeVar("T")
Protocol = Literal["SMTP", "IMAP"]

WITHIN = 4.0  # seconds a step
SOON = timedelta(days=14)
LONGEST_LINE = 2000

_GREETING = {"SMTP": re.compile(rb"220[ -]"), "IMAP": re.compile(rb"\* (OK|PREAUTH)\b", re.IGNORECASE)}
_TLS_PORT = {"SMTP": 465, "IMAP": 993}
_UNTRUSTED = {18, 19, 20, 21}
"""OpenSSL's X509_V_ERR_…: self-signed, or signed by somebody unknown."""
_WRONG_NAME = {62, 64}
_EXPIRED, _NOT_YET = 10, 9


class Peer(msgspec.Struct, frozen=True):
    """A server to reach; `check` is what its findings begin with: receiving or sending."""

    check: str
    protocol: Protocol
    host: str
    port: int
    tls: str


class Stop(Exception):
    """A step failed; the ones after it make no sense."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


async def examine(peer: Peer) -> list[Finding]:
    """Resolve, connect, greet, encrypt; the last finding is a problem when one of these failed."""
    found: list[Finding] = []
    try:
        found.append(await _reach(peer))
        async with asyncio.timeout(2 * WITHIN):
            found += await _converse(peer)
    except Stop as stop:
        found.append(stop.finding)
    except TimeoutError:
        found.append(_silent(peer))
    except OSError:
        found.append(_hung_up(peer))
    return found


async def _reach(peer: Peer) -> Finding:
    """Its name in DNS and its port; nothing is said there yet."""
    address = await _resolve(peer)
    check = f"{peer.check}.reach"
    try:
        async with asyncio.timeout(WITHIN):
            _reader, writer = await asyncio.open_connection(peer.host, peer.port)
    except TimeoutError as error:
        text = _("%(host)s does not answer at port %(port)s.") % _named(peer)
        advice = _("Check the port, and whether a firewall on the way lets this machine connect to it.")
        raise Stop(problem(check, text, advice)) from error
    except OSError as error:
        if f"[Errno {errno.ECONNREFUSED}]" in str(error):  # of one address, or of each of several
            text = _("%(host)s refuses connections at port %(port)s.") % _named(peer)
            raise Stop(problem(check, text, _("Check the port: nobody listens there."))) from error
        text = _("%(host)s cannot be reached: %(error)s") % _named(peer, error=error.strerror or error)
        raise Stop(problem(check, text, _("Check the network of this machine."))) from error
    writer.transport.abort()
    return ok(check, _("%(host)s (%(address)s) answers at port %(port)s.") % _named(peer, address=address))


async def _resolve(peer: Peer) -> str:
    """Its first address."""
    try:
        async with asyncio.timeout(WITHIN):
            found = await asyncio.get_running_loop().getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError, TimeoutError) as error:
        is_unknown = isinstance(error, socket.gaierror) and error.errno in (socket.EAI_NONAME, socket.EAI_NODATA)
        if is_unknown:
            text, advice = _("There is no server named %(host)s."), _("Check the spelling with your mail provider.")
        else:
            text, advice = _("The name %(host)s could not be looked up."), _("Check the DNS of this machine.")
        raise Stop(problem(f"{peer.check}.host", text % _named(peer), advice)) from error
    return str(found[0][4][0])


async def _converse(peer: Peer) -> list[Finding]:
    """Greeting and encryption, in the order that the port wants."""
    trust = await asyncio.to_thread(ssl.create_default_context)
    connect = partial(asyncio.open_connection, peer.host, peer.port, limit=LONGEST_LINE)
    if peer.tls == "implicit":
        reader, writer = await _encrypting(peer, connect(ssl=trust, ssl_handshake_timeout=WITHIN))
    else:
        reader, writer = await connect()
    try:
        async with asyncio.timeout(WITHIN):
            await _greeting(peer, reader)
        if peer.tls == "starttls":
            await _ask_for_tls(peer, reader, writer)
            await _encrypting(peer, writer.start_tls(trust, server_hostname=peer.host, ssl_handshake_timeout=WITHIN))
        return [_encryption(peer, writer)] if peer.tls != "none" else []
    finally:
        writer.transport.abort()


async def _greeting(peer: Peer, reader: asyncio.StreamReader) -> None:
    line = await _line(reader)
    if not line:
        raise ConnectionResetError
    while peer.protocol == "SMTP" and line.startswith(b"220-"):
        line = await _line(reader)
    if _GREETING[peer.protocol].match(line):
        return
    check = f"{peer.check}.greeting"
    if peer.protocol == "SMTP" and re.match(rb"[45]\d\d[ -]", line):
        text = _("%(host)s turns us away: %(answer)s") % _named(peer, answer=_readable(line))
        raise Stop(problem(check, text, _("Ask its administrator to let this machine in.")))
    text = _("What answers at %(host)s port %(port)s is no %(protocol)s server.") % _named(peer)
    raise Stop(problem(check, text, _("Check the port.")))


async def _ask_for_tls(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if peer.protocol == "SMTP":
        writer.write(b"EHLO localhost\r\n")
        while (await _line(reader))[3:4] == b"-":
            pass
        writer.write(b"STARTTLS\r\n")
        is_ready = (await _line(reader)).startswith(b"220")
    else:
        writer.write(b"a1 STARTTLS\r\n")
        line = await _line(reader)
        while line.startswith(b"* "):
            line = await _line(reader)
        is_ready = line.upper().startswith(b"A1 OK")
    if not is_ready:
        text = _("%(host)s does not offer STARTTLS at port %(port)s.") % _named(peer)
        advice = _("Choose encryption from the start with port %(port)s, or ask its administrator.")
        raise Stop(problem(f"{peer.check}.tls", text, advice % {"port": _TLS_PORT[peer.protocol]}))


async def _encrypting(peer: Peer, handshake: Awaitable[T]) -> T:
    try:
        return await handshake
    except ssl.SSLCertVerificationError as error:
        raise Stop(_bad_certificate(peer, error)) from error
    except ssl.SSLError as error:
        raise Stop(_no_tls(peer, error)) from error
    except OSError as error:
        text = _("%(host)s answers at port %(port)s, but begins no encryption.") % _named(peer)
        raise Stop(problem(f"{peer.check}.tls", text, _("Check the port, or choose STARTTLS."))) from error


def _encryption(peer: Peer, writer: asyncio.StreamWriter) -> Finding:
    check, encrypted = f"{peer.check}.tls", writer.get_extra_info("ssl_object")
    expires_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(encrypted.getpeercert()["notAfter"]), UTC)
    values = {"version": encrypted.version(), "date": moment(expires_at, "date")}
    if expires_at - now() < SOON:
        text = _("Encrypted (%(version)s), but its certificate is only valid until %(date)s.") % values
        return warning(check, text, _("Have its administrator renew the certificate."))
    return ok(check, _("Encrypted (%(version)s); its certificate is valid until %(date)s.") % values)


def _bad_certificate(peer: Peer, error: ssl.SSLCertVerificationError) -> Finding:
    code, named = error.verify_code, _named(peer)
    renew = _("Have its administrator renew the certificate.")
    if code == _EXPIRED:
        text, advice = _("The certificate of %(host)s has expired."), renew
    elif code == _NOT_YET:
        text, advice = _("The certificate of %(host)s is not valid yet."), _("Check the clock of this machine.")
    elif code in _WRONG_NAME:
        text = _("The certificate of %(host)s is for another name.")
        advice = _("Enter the host name that the certificate is made for; your mail provider knows it.")
    elif code in _UNTRUSTED:
        text = _("Nobody whom this machine trusts vouches for the certificate of %(host)s.")
        advice = _("Use a certificate of a known authority, or add yours to the trusted ones of this machine (SSL_CERT_FILE).")  # fmt: skip
    else:
        text, advice = _("The certificate of %(host)s is not accepted: %(error)s"), renew
        named["error"] = error.verify_message
    return problem(f"{peer.check}.tls", text % named, advice)


def _no_tls(peer: Peer, error: ssl.SSLError) -> Finding:
    check, reason = f"{peer.check}.tls", error.reason or ""
    too_old = ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS")
    # A version of OpenSSL that Python has no name for the reason of says it in words alone.
    if any(name in reason for name in too_old) or "legacy sigalg" in str(error):
        text = _("%(host)s only knows encryption that is too old to be safe.")
        return problem(check, text % _named(peer), _("Have its administrator allow TLS 1.2 or newer."))
    if reason in ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        text = _("%(host)s does not begin with encryption at port %(port)s.")
        return problem(check, text % _named(peer), _("Choose STARTTLS, or another port."))
    text = _("No encryption could be agreed on with %(host)s: %(error)s") % _named(peer, error=reason or error)
    return problem(check, text, _("Have its administrator allow TLS 1.2 or newer."))


def _silent(peer: Peer) -> Finding:
    text = _("%(host)s takes the connection at port %(port)s and then says nothing.") % _named(peer)
    advice = _("Check port and encryption: some ports want encryption from the start.")
    return problem(f"{peer.check}.greeting", text, advice)


def _hung_up(peer: Peer) -> Finding:
    text = _("%(host)s broke the connection at port %(port)s off.") % _named(peer)
    advice = _("Check port and encryption, and whether the server lets this machine in.")
    return problem(f"{peer.check}.greeting", text, advice)


async def _line(reader: asyncio.StreamReader) -> bytes:
    """A line of the server's, "" at its end; of one that is too long, the beginning."""
    try:
        return (await reader.readuntil(b"\n")).rstrip()
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError:
        return await reader.read(LONGEST_LINE)


def _readable(line: bytes) -> str:
    return "".join(letter for letter in line.decode("utf-8", "replace")[:200] if letter.isprintable())


def _named(peer: Peer, **values: object) -> dict[str, object]:
    return {"host": peer.host, "port": peer.port, "protocol": peer.protocol, **values}
