"""Taking mail by SMTP and LMTP: an adapter that knows no tickets.

What it is given decides: `find_mailbox` who takes mail for an address, `accept` keeps the mail and returns its ID. The
final 250 is said after `accept` returned, never before. Refusals happen only before it (rulings 5). Lines end with CRLF
and nothing else ends the data, so that a mail cannot be smuggled inside another (CVE-2023-51764, CVE-2024-27305).
"""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from helpdesk.kernel.outages import is_outage

MOST_RECIPIENTS = 50
LARGEST_HEADERS = 256 * 1024
MOST_CONNECTIONS, MOST_PER_PEER = 200, 20
IDLE_TIMEOUT = 300.0  # seconds (RFC 5321 4.5.3.2.7)
STOP_WITHIN = 6.0  # seconds for mails under way
END = b"\r\n.\r\n"
_SENDER = re.compile(r"<([^<>]*)>")
_SIZE = re.compile(r"\bSIZE=(\d{1,20})\b", re.IGNORECASE)

M = TypeVar("M")
log = structlog.get_logger(__name__)


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that was not taken; `size` is in bytes, None when it was not sent."""

    peer: str
    envelope_from: str
    envelope_to: list[str]
    reason: str
    size: int | None = None


class Mailroom(Generic[M]):
    """What a listener asks and tells. `has_room()` is False when the disk is nearly full."""

    def __init__(
        self,
        *,
        find_mailbox: Callable[[str], Awaitable[M | None]],
        accept: Callable[[bytes, M, str, list[str]], Awaitable[int]],
        has_room: Callable[[], bool],
        hostname: str,
        largest: int,
        refused: Callable[[Refusal], object] = lambda _refusal: None,
    ) -> None:
        self.find_mailbox = find_mailbox
        self.accept = accept
        self.has_room = has_room
        self.hostname = hostname
        self.largest = largest
        self.refused = refused
        self.connections: set[Connection] = set()
        self.per_peer: Counter[str] = Counter()


class Listener:
    """An open door; `close()` lets the mails under way finish."""

    def __init__(self, mailroom: Mailroom[Any], server: asyncio.Server) -> None:
        self.mailroom = mailroom
        self.server = server

    async def close(self) -> None:
        self.server.close()
        deadline = asyncio.get_running_loop().time() + STOP_WITHIN
        while self.mailroom.connections and asyncio.get_running_loop().time() < deadline:
            for connection in list(self.mailroom.connections):
                connection.leave_when_idle()
            await asyncio.sleep(0.05)
        for connection in list(self.mailroom.connections):
            connection.abort()


async def listen(host: str, port: int, mailroom: Mailroom[Any]) -> Listener:
    """Take mail by SMTP. Raises OSError when the port cannot be used."""
    return Listener(mailroom, await asyncio.get_running_loop().create_server(lambda: Connection(mailroom), host, port))


async def listen_lmtp(path: Path, mailroom: Mailroom[Any]) -> Listener:
    """Take mail by LMTP on a unix socket (RFC 2033): one answer for each recipient.

    Mail servers run as a user of their own, so whoever may enter its folder may hand over mail, as by SMTP.
    """
    await asyncio.to_thread(path.unlink, missing_ok=True)
    server = await asyncio.get_running_loop().create_unix_server(lambda: LmtpConnection(mailroom), str(path))
    await asyncio.to_thread(path.chmod, 0o666)
    return Listener(mailroom, server)


class Mail(Envelope):
    """The mail under way: `mailbox` is that of its first recipient."""

    mailbox: Any = None

    @property
    def sender(self) -> str:
        """The envelope sender; "" is the null sender."""
        return "" if self.mail_from in (None, "<>") else str(self.mail_from)


class Answers:
    """What is said to MAIL and RCPT; the names are aiosmtpd's."""

    def __init__(self, mailroom: Mailroom[Any]) -> None:
        self.mailroom = mailroom

    async def handle_MAIL(  # noqa: N802 - the name is aiosmtpd's
        self, server: "Connection", _session: Session, envelope: Mail, address: str, options: list[str]
    ) -> str:
        if not self.mailroom.has_room():
            log.error("mail_refused_disk_full")
            server.note_refusal("the disk is nearly full", sender=address)
            return "452 4.3.1 Not enough storage, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - likewise
        self, server: "Connection", _session: Session, envelope: Mail, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        try:
            mailbox = await self.mailroom.find_mailbox(address)
        except Exception as error:
            log.error("mailbox_not_looked_up", exc_info=None if is_outage(error) else error)
            return "451 4.3.0 Mailboxes cannot be looked up now, try again later"
        if mailbox is None:
            log.info("recipient_unknown", peer=server.peer, address=address)
            server.note_refusal("there is no such mailbox", to=[address])
            return "550 5.1.1 There is no such mailbox here"
        envelope.mailbox = envelope.mailbox or mailbox
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        log.error("smtp_error", exc_info=error)
        return "451 4.3.0 Something went wrong here, try again later"


class Connection(SMTP):
    """One client. aiosmtpd speaks the protocol; the reading of the data and all limits are ours."""

    line_length_limit = 64 * 1024  # of the reader's buffer; longer lines of a mail are read in pieces

    def __init__(self, mailroom: Mailroom[Any]) -> None:
        self.command_size_limits = defaultdict(lambda: 1024)  # aiosmtpd shares one among all connections
        self.mailroom = mailroom
        self.peer = ""
        self.is_counted = self.is_busy = self.is_leaving = False
        super().__init__(
            Answers(mailroom),
            data_size_limit=mailroom.largest,
            enable_SMTPUTF8=True,
            hostname=mailroom.hostname,
            ident="Helpdesk",
            timeout=IDLE_TIMEOUT,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: Any) -> None:
        peername = transport.get_extra_info("peername")
        self.peer = peername[0] if peername else "local"
        rooms = self.mailroom
        if len(rooms.connections) >= MOST_CONNECTIONS or self._has_too_many():
            log.warning("smtp_connection_refused", peer=self.peer, connections=len(rooms.connections))
            transport.write(f"421 4.7.0 {self.hostname} too many connections, try again later\r\n".encode())
            self.is_leaving = True
        else:
            self.is_counted = True
            rooms.connections.add(self)
            rooms.per_peer[self.peer] += 1
        super().connection_made(transport)
        if not self.is_counted:
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self.is_counted:
            self.is_counted = False
            self.mailroom.connections.discard(self)
            self.mailroom.per_peer[self.peer] -= 1
            if not self.mailroom.per_peer[self.peer]:
                del self.mailroom.per_peer[self.peer]
        super().connection_lost(error)

    def leave_when_idle(self) -> None:
        """Say goodbye unless a mail is under way; then after it."""
        self.is_leaving = True
        if not self.is_busy and self.transport is not None:
            self._writer.write(f"421 4.3.2 {self.hostname} is shutting down\r\n".encode())
            self.transport.close()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.close()

    async def push(self, status: Any) -> None:
        if not (self.is_leaving and not self.is_counted):  # a refused client was told why
            await super().push(status)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - likewise
        """Note a mail whose declared size is too large: aiosmtpd refuses it before we are asked."""
        await super().smtp_MAIL(arg)
        declared = _SIZE.search(arg or "")
        if declared and int(declared[1]) > self.mailroom.largest and self.envelope and self.envelope.mail_from is None:
            sender = _SENDER.search(arg or "")
            self.note_refusal("it is too large", size=int(declared[1]), sender=sender[1] if sender else "")

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - likewise
        """Read the mail and answer for it, in place of aiosmtpd's line by line, which refuses lines over 1,000 bytes."""
        if await self.check_helo_needed():
            return
        if not self._mail().rcpt_tos:
            await self.push("503 5.5.1 Error: send RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self.is_busy = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            content = await self._read_data()
            for answer in self._answers(await self._take(content)):
                await self.push(answer)
        finally:
            self._set_post_data_state()
            self.is_busy = False

    async def _read_data(self) -> bytes | None:
        """The mail with its dots unstuffed, or None when it is too large (then it was read and thrown away).

        The line break of the DATA command is the first of a dot that stands alone at the beginning.
        """
        head = await self._reader.readexactly(3)
        if head == END[2:]:
            return b""
        while not head.endswith(END) and any(head.endswith(END[:length]) for length in range(1, len(END))):
            head += await self._reader.readexactly(1)
        pieces, size = [head], len(head)
        while not pieces[-1].endswith(END):
            try:
                piece = await self._reader.readuntil(END)
            except asyncio.LimitOverrunError as overrun:
                piece = await self._reader.readexactly(overrun.consumed)  # never a part of END
            self._reset_timeout()
            size += len(piece)
            if size > self.mailroom.largest + len(END):
                pieces.clear()
            pieces.append(piece)
        if size > self.mailroom.largest + len(END):
            return None
        content = b"".join(pieces)[: -len(END) + 2].replace(b"\r\n.", b"\r\n")
        return content[1:] if content.startswith(b".") else content

    async def _take(self, content: bytes | None) -> str:
        """Refuse the mail, or have it kept; the answer to the client."""
        if content is None:
            self.note_refusal("it is too large")
            return "552 5.3.4 The message is larger than this server takes"
        lines = content.count(b"\r\n")
        if lines != content.count(b"\n") or lines != content.count(b"\r"):
            self.note_refusal("a line does not end with CRLF", size=len(content))
            return "550 5.6.0 Lines must end with CRLF: a bare CR or LF was found"
        if _header_size(content) > LARGEST_HEADERS:
            self.note_refusal("its headers are too large", size=len(content))
            return "552 5.3.4 The headers are larger than this server takes"
        envelope = self._mail()
        try:
            id_ = await self.mailroom.accept(content, envelope.mailbox, envelope.sender, list(envelope.rcpt_tos))
        except Exception as error:
            log.error(
                "mail_not_stored", peer=self.peer, size=len(content), exc_info=None if is_outage(error) else error
            )
            return "451 4.3.0 The message could not be stored, try again later"
        log.info("mail_accepted", id=id_, peer=self.peer, size=len(content), recipients=len(envelope.rcpt_tos))
        return f"250 2.0.0 OK: queued as {id_}"

    def note_refusal(
        self, reason: str, *, size: int | None = None, sender: str | None = None, to: list[str] | None = None
    ) -> None:
        """Tell of a mail that was not taken; sender and recipients are those of the mail under way unless given."""
        mail = self._mail()
        self.mailroom.refused(
            Refusal(
                peer=self.peer, envelope_from=mail.sender if sender is None else sender.strip("<>"),
                envelope_to=list(mail.rcpt_tos) if to is None else to, reason=reason, size=size,
            )
        )  # fmt: skip

    def _answers(self, answer: str) -> list[str]:
        return [answer]

    def _create_envelope(self) -> "Mail":
        return Mail()

    def _mail(self) -> "Mail":
        assert isinstance(self.envelope, Mail)
        return self.envelope

    def _has_too_many(self) -> bool:
        """Whether the peer has its share; a mail server on this machine speaks for many."""
        if self.peer == "local" or ip_address(self.peer.partition("%")[0]).is_loopback:
            return False
        return self.mailroom.per_peer[self.peer] >= MOST_PER_PEER


class LmtpConnection(Connection, LMTP):
    """The same by LMTP."""

    show_smtp_greeting = False

    def _answers(self, answer: str) -> list[str]:
        return [answer for _ in self._mail().rcpt_tos]


def _header_size(content: bytes) -> int:
    if content.startswith(b"\r\n"):
        return 0
    end = content.find(b"\r\n\r\n")
    return len(content) if end < 0 else end
