"""Customers' mail servers and agents at work: many connections at once, and whatever fails is tried again."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random

import httpx

from tests.chaos.desk import Desk
from tests.chaos.ledger import Ledger, PostedReply, SentMail
from tests.chaos.mails import SUPPORT, envelope_from, new_mail, written
from tests.chaos.sink import Copy, Sink

SMTP_CONNECTIONS, API_CONNECTIONS = 6, 6
PATIENCE = 20.0  # seconds for each answer, as a client's own limit
PAUSE = 0.25  # seconds before the next try
HOLD_SECONDS = 1
LARGE, MEDIUM = 1_500_000, 60_000  # bytes
QUEUED_AS = re.compile(rb"queued as (\d+)")


class Load:
    """`feed()` and `answer()` hand out work; the connections do it in the background."""

    def __init__(self, desk: Desk, ledger: Ledger, sink: Sink, *, seed: int) -> None:
        self.desk, self.ledger, self.sink, self.seed = desk, ledger, sink, seed
        self.random = Random(seed)
        self.undecided: dict[int, float] = {}
        """Mails whose final dot is out and whose 250 is not back: number and when."""
        self.asked: set[int] = set()
        """Replies that were posted and not answered for."""
        self._bytes: dict[int, tuple[bytes, str]] = {}
        self._mails: asyncio.Queue[SentMail] = asyncio.Queue()
        self._replies: asyncio.Queue[PostedReply] = asyncio.Queue()
        self._answered_by_customers: set[str] = set()
        self._working: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._working = [asyncio.create_task(self._connection()) for _ in range(SMTP_CONNECTIONS)]
        self._working += [asyncio.create_task(self._agent()) for _ in range(API_CONNECTIONS)]

    async def stop(self) -> None:
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    def feed(self, count: int) -> None:
        """So many mails: most from new customers, a few answering what they got; some large, some sent twice at once."""
        for _ in range(count):
            number = len(self.ledger.mails) + 1
            mail, to, in_reply_to = new_mail(self.seed, number), SUPPORT, ""
            if number % 8 == 0 and (copy := self._unanswered()):
                mail.sender, mail.answers = copy.recipients[0], _ticket_of(copy, self.ledger)
                to, in_reply_to = copy.reply_to, f"<{copy.message_id}>"
            size = LARGE if number % 20 == 0 else MEDIUM if number % 5 == 0 else 0
            self._bytes[number] = written(mail, self.random, to=to, in_reply_to=in_reply_to, size=size), to
            self.ledger.mails[number] = mail
            self.ledger.note("offered", mail=number, message_id=mail.message_id, sha256=mail.attachment_hash)
            for _ in range(2 if number % 10 == 1 else 1):
                self._mails.put_nowait(mail)

    async def answer(self, count: int) -> int:
        """Have agents reply to so many tickets, those that have no reply yet first; how many there were."""
        taken = [reply.ticket for reply in self.ledger.replies.values()]
        found = await self.desk.query(
            """SELECT t.number, i.value AS customer FROM hd_ticket t JOIN hd_identity i ON i.customer = t.customer
            WHERE NOT t.is_automatic ORDER BY t.number = ANY($1::bigint[]), t.number LIMIT $2""",
            taken, count,
        )  # fmt: skip
        for row in found:
            number = len(self.ledger.replies) + 1
            reply = PostedReply(
                number=number, token=f"[[{self.seed}-r{number}]]", ticket=row["number"], customer=row["customer"]
            )
            self.ledger.replies[number] = reply
            self.ledger.note("asked", reply=number, ticket=reply.ticket)
            self._replies.put_nowait(reply)
        return len(found)

    async def settled(self, *, seconds: float) -> bool:
        """Whether every mail got its 250 and every reply its answer in time."""
        deadline = time.monotonic() + seconds
        while self.ledger.undelivered or self.ledger.unposted or not self._mails.empty() or self.undecided:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.1)
        return True

    def _unanswered(self) -> Copy | None:
        """A reply that reached its customer and was not answered by them."""
        for copies in self.sink.arrivals().values():
            if not copies[0].is_automatic and copies[0].message_id not in self._answered_by_customers:
                self._answered_by_customers.add(copies[0].message_id)
                return copies[0]
        return None

    async def _connection(self) -> None:
        """One client: mails one after the other over one connection, a new one after each failure."""
        talk: _Talk | None = None
        while True:
            mail = await self._mails.get()
            mail.tries += 1
            content, to = self._bytes[mail.number]
            try:
                async with asyncio.timeout(PATIENCE):
                    talk = talk or await _Talk.begin(self.desk.smtp_port)
                    raw_id, seconds = await talk.send(mail, content, to, self._undecided)
                self.ledger.accepted(mail, raw_id, seconds)
            except (OSError, EOFError, TimeoutError, _NotNow):
                if talk:
                    talk.close()
                talk = None
                await asyncio.sleep(PAUSE)
                self._mails.put_nowait(mail)

    def _undecided(self, mail: SentMail, is_undecided: bool) -> None:
        if is_undecided:
            self.undecided[mail.number] = time.monotonic()
        else:
            self.undecided.pop(mail.number, None)

    async def _agent(self) -> None:
        """One API client: a reply whose answer did not come is asked for again with the same Idempotency-Key."""
        async with httpx.AsyncClient(base_url=self.desk.url, timeout=PATIENCE) as client:
            while True:
                reply = await self._replies.get()
                reply.tries += 1
                self.asked.add(reply.number)
                message = None
                with suppress(httpx.HTTPError):
                    message = await self._post(client, reply)
                self.asked.discard(reply.number)
                if message is None:
                    await asyncio.sleep(PAUSE)
                    self._replies.put_nowait(reply)
                else:
                    self.ledger.answered(reply, message)

    async def _post(self, client: httpx.AsyncClient, reply: PostedReply) -> int | None:
        """The message's id; None when it is to be tried again. Raises RuntimeError for what no try will mend."""
        answer = await client.post(
            f"/api/v1/tickets/{reply.ticket}/messages",
            json={
                "audience": "public",
                "body_text": f"This is the answer. {reply.token}",
                "hold_seconds": HOLD_SECONDS,
            },
            headers={"Authorization": f"Bearer {self.desk.token}", "Idempotency-Key": reply.token},
        )
        if answer.status_code == 201:
            return answer.json()["id"]
        if answer.status_code < 500 and answer.status_code not in (409, 429):
            raise RuntimeError(f"the API answered {answer.status_code}: {answer.text}")
        return None


class _NotNow(Exception):
    """The server said something else than it should: try again later."""


class _Talk:
    """An SMTP connection (RFC 5321)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def begin(cls, port: int) -> "_Talk":
        talk = cls(*await asyncio.open_connection("127.0.0.1", port))
        await talk._expect(b"220")
        await talk._say("EHLO customers.test", b"250")
        return talk

    async def send(
        self, mail: SentMail, content: bytes, to: str, undecided: Callable[[SentMail, bool], None]
    ) -> tuple[int, float]:
        """The ID in the 250, and the seconds from the final dot to it."""
        await self._say(f"MAIL FROM:<{envelope_from(mail)}>", b"250")
        await self._say(f"RCPT TO:<{to}>", b"250")
        await self._say("DATA", b"354")
        self._writer.write(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        await self._writer.drain()
        sent = time.monotonic()
        undecided(mail, True)
        try:
            said = await self._expect(b"250")
        finally:
            undecided(mail, False)
        found = QUEUED_AS.search(said)
        if not found:
            raise RuntimeError(f"the 250 names no ID: {said!r}")
        return int(found[1]), time.monotonic() - sent

    def close(self) -> None:
        self._writer.close()

    async def _say(self, line: str, code: bytes) -> bytes:
        self._writer.write(f"{line}\r\n".encode())
        return await self._expect(code)

    async def _expect(self, code: bytes) -> bytes:
        while True:
            line = await self._reader.readuntil(b"\r\n")
            if not line.startswith(code):
                raise _NotNow(line.decode(errors="replace"))
            if line[3:4] != b"-":
                return line


def _ticket_of(copy: Copy, ledger: Ledger) -> int | None:
    return next((reply.ticket for reply in ledger.replies.values() if reply.token in copy.text), None)
