"""A running product to look at: its processes, its people, a customer's mail server, and ways to make tickets."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid
from typing import Any, TypeVar

import aiosmtplib
import asyncpg
import httpx
import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.benchmarks.desk import Desk, a_desk, free_port
from tests.cast import DORA

T = TypeVar("T")
PROCESSES = ("web", "worker", "scheduler", "mail-server")
STARTS_WITHIN = 120
"""Seconds, on a machine that has much else to do."""


class Keys(msgspec.Struct, frozen=True):
    """Who somebody is, and what opens the console and the API as them."""

    id: int
    name: str
    email: str
    cookie: str
    session: str
    token: str


class Arrived(msgspec.Struct, frozen=True):
    """One mail that left the desk."""

    recipients: list[str]
    mail: EmailMessage

    def text(self, kind: str = "plain") -> str:
        part = self.mail.get_body((kind,))
        return part.get_content() if part else ""


class Outside:
    """The customers' mail server, which takes everything but mail to `gone@…`."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        self.port = free_port()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if any(one.startswith("gone@") for one in envelope.rcpt_tos):
            return "550 5.1.1 nobody of this name here"
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.arrived.append(Arrived(envelope.rcpt_tos, mail))
        return "250 OK"

    async def mail_to(self, address: str, *, where: Callable[[Arrived], bool], seconds: float = 30) -> Arrived:
        """The first mail to the address for which `where` holds, waited for."""
        async with asyncio.timeout(seconds):
            while True:
                for one in self.arrived:
                    if address in one.recipients and where(one):
                        return one
                await asyncio.sleep(0.1)


class Product:
    """One installation with all its processes."""

    def __init__(self, desk: Desk, outside: Outside, people: dict[str, Keys]) -> None:
        self.desk, self.outside, self.people = desk, outside, people
        self.url = desk.url
        self.mailbox = f"support@{desk.environment['HELPDESK_MAIL_DOMAIN']}"
        self.api = httpx.AsyncClient(
            base_url=f"{desk.url}/api/v1", headers={"authorization": f"Bearer {people['alma'].token}"}, timeout=20
        )

    async def send(self, *mails: EmailMessage) -> None:
        """Hand mails to the listener, as the company's MX does."""
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.desk.smtp_port, start_tls=False) as client:
            for mail in mails:
                _, answer = await client.send_message(mail)
                assert "queued as" in answer

    def mail(
        self, subject: str, text: str, *, who: tuple[str, str] = DORA, to: str = "", html: str = "", answers: str = ""
    ) -> EmailMessage:
        """A customer's mail; `answers` is the Message-ID that it replies to."""
        mail = EmailMessage(policy=policy.SMTP)
        address, name = who
        mail["From"], mail["To"], mail["Subject"] = formataddr((name, address)), to or self.mailbox, subject
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain=address.partition("@")[2])
        if answers:
            mail["In-Reply-To"] = mail["References"] = answers
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        return mail

    async def ticket(
        self, subject: str, text: str = "Please help.", *, who: tuple[str, str] = DORA, **more: Any
    ) -> int:
        """A ticket of a customer; its number."""
        address, name = who
        asked = {"subject": subject, "body_text": text, "customer": {"email": address, "name": name}} | more
        return (await self.call("POST", "/tickets", asked))["number"]

    async def says(self, number: int, text: str) -> None:
        """The customer writes once more."""
        said = {"audience": "public", "as_customer": True, "body_text": text}
        await self.call("POST", f"/tickets/{number}/messages", said)

    async def messages(self, number: int) -> list[dict[str, Any]]:
        return (await self.call("GET", f"/tickets/{number}/messages?limit=200"))["items"]

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = await self.api.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def until(self, look: Callable[[], Awaitable[T]], holds: Callable[[T], bool], *, seconds: float = 60) -> T:
        """What `look` finds, once it holds."""
        async with asyncio.timeout(seconds):
            while not holds(found := await look()):
                await asyncio.sleep(0.2)
        return found

    async def rows(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.desk.database_url)
        try:
            return await connection.fetch(sql, *values)
        finally:
            await connection.close()


@asynccontextmanager
async def a_product() -> AsyncIterator[Product]:
    """Everything started and ready; stopped at the end."""
    outside = Outside()
    loop = asyncio.get_running_loop()
    taking = await loop.create_server(lambda: SMTP(outside, enable_SMTPUTF8=True), "127.0.0.1", outside.port)
    with a_desk(durable=False) as desk:
        desk.environment["HELPDESK_SMTP_URL"] = f"smtp://127.0.0.1:{outside.port}"
        desk.environment["HELPDESK_BASE_URL"] = desk.url
        people = _cast(desk)
        for name in PROCESSES:
            desk.start(name)
        await asyncio.to_thread(desk.wait_ready, seconds=STARTS_WITHIN)
        product = Product(desk, outside, people)
        try:
            yield product
        finally:
            await product.api.aclose()
            await asyncio.gather(*(asyncio.to_thread(desk.stop, name) for name in PROCESSES))
            taking.close()  # not before: the worker may be in the middle of a mail to it


def _cast(desk: Desk) -> dict[str, Keys]:
    hired = subprocess.run(
        [sys.executable, "-m", "tests.browser.casting"], env=desk.environment, stdout=subprocess.PIPE, check=True
    )
    return msgspec.convert(json.loads(hired.stdout), dict[str, Keys])
