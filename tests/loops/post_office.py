"""The mail server between the installations: it carries mail to them, and to the robots that answer it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from itertools import count

import aiosmtplib
import msgspec
from aiosmtpd.smtp import SMTP, Envelope

Robot = Callable[["Post"], Awaitable[None]]


class Post(msgspec.Struct, frozen=True):
    """One mail on its way to one recipient."""

    envelope_from: str
    to: str
    mail: EmailMessage

    @property
    def is_automatic(self) -> bool:
        return self.mail.get("Auto-Submitted", "no") != "no"


class PostOffice:
    """Listens on a port of the loopback interface. `routes` maps domains to the ports of installations, `robots` others
    to what happens to their mail; to any other domain nothing can be delivered, and the sender is told so.
    """

    def __init__(self) -> None:
        self.routes: dict[str, int] = {}
        self.robots: dict[str, Robot] = {}
        self.automatic: Counter[tuple[str, str]] = Counter()
        """Automatic mails of the installations: (domain that sent it, recipient)."""
        self.carried = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._lines = asyncio.Semaphore(8)
        self._rounds: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for one in self._rounds:
            one.cancel()
        await asyncio.gather(*self._rounds, return_exceptions=True)

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        mail = _parsed(envelope.original_content or b"")
        for recipient in envelope.rcpt_tos:
            self.post((envelope.mail_from or "").strip("<>"), recipient, mail)
        return "250 OK"

    def post(self, envelope_from: str, to: str, mail: EmailMessage) -> None:
        """Take a mail; it is carried at once, in the background."""
        post = Post(envelope_from, to.lower(), mail)
        self.carried += 1
        sender = str(mail["From"]).rpartition("@")[2].strip(" >")
        if post.is_automatic and sender in self.routes:
            self.automatic[sender, post.to] += 1
        task = asyncio.create_task(self._carry(post))
        self._rounds.add(task)
        task.add_done_callback(self._rounds.discard)

    async def _carry(self, post: Post) -> None:
        domain = post.to.rpartition("@")[2]
        if robot := self.robots.get(domain):
            await robot(post)
        elif domain in self.routes:
            async with (
                self._lines,
                aiosmtplib.SMTP(hostname="127.0.0.1", port=self.routes[domain], timeout=60) as client,
            ):
                await client.sendmail(post.envelope_from, [post.to], post.mail.as_bytes(policy=policy.SMTP))
        elif post.envelope_from:
            self.post("", post.envelope_from, report(post))


_numbers = count(1)


def written(from_: str, to: str, subject: str, text: str, **headers: str) -> EmailMessage:
    """A mail with the headers given, `_` for the hyphen of a name."""
    fields = {
        "From": from_,
        "To": to,
        "Subject": subject,
        "Message-ID": f"<{next(_numbers)}@{from_.rpartition('@')[2]}>",
    }
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return _parsed(f"{head}\r\n{text}\r\n")


def report(post: Post) -> EmailMessage:
    """The delivery status notification of a mail that could not be delivered (RFC 3464)."""
    parts = (
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n"
        f"Final-Recipient: rfc822; {post.to}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {post.mail['Message-ID']}\r\n\r\n--b--\r\n"
    )
    return written(
        "MAILER-DAEMON@mx.test", post.envelope_from, "Undelivered Mail Returned to Sender", parts, Auto_Submitted="auto-replied",
        Content_Type="multipart/report; report-type=delivery-status; boundary=b", MIME_Version="1.0",
    )  # fmt: skip


def _parsed(raw: bytes | str) -> EmailMessage:
    content = raw if isinstance(raw, bytes) else raw.encode()
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
