"""The customers' mail server: takes what the desk sends, and misbehaves by script."""

import asyncio
import re
from collections import Counter, defaultdict
from datetime import datetime
from email import policy
from email.parser import BytesParser
from enum import StrEnum
from random import Random

import msgspec


class Answer(StrEnum):
    """What the final dot of a mail is answered with."""

    TAKE = "250"
    LATER = "4xx"
    NEVER = "5xx"
    HANG = "hang"
    """Kept, then silence until the client gives up: it cannot know."""
    DROP_BEFORE = "drop before the answer, not kept"
    KEEP_AND_DROP = "drop before the answer, kept"
    TAKE_AND_DROP = "drop after the answer"


KEPT = {Answer.TAKE, Answer.HANG, Answer.KEEP_AND_DROP, Answer.TAKE_AND_DROP}
AMBIGUOUS = {Answer.HANG, Answer.KEEP_AND_DROP}
"""Kept, but the client did not learn so and must send it again."""
FAULTS = [one for one in Answer if one is not Answer.TAKE]


class Copy(msgspec.Struct, kw_only=True, frozen=True):
    """One arrival of one mail."""

    message_id: str
    answer: Answer
    recipients: tuple[str, ...]
    is_automatic: bool
    reply_to: str
    text: str
    sent_at: datetime
    """As its Date says."""


class Sink:
    """Listens on `port` of the loopback interface. With `gate` closed, final answers wait, so that replies are in flight."""

    def __init__(self, seed: int) -> None:
        self.copies: list[Copy] = []
        self.script: list[Answer] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting: set[str] = set()
        """Message-IDs at the gate."""
        self.hanging: set[str] = set()
        """Message-IDs whose client waits in vain."""
        self.port = 0
        self._random = Random(seed)
        self._seen: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def plan(self, faults: list[Answer]) -> None:
        """The next replies that are seen for the first time get these answers; acknowledgements and second tries are taken."""
        self.script.extend(faults)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def arrivals(self) -> dict[str, list[Copy]]:
        """What was kept, by Message-ID."""
        found: dict[str, list[Copy]] = defaultdict(list)
        for copy in self.copies:
            if copy.answer in KEPT:
                found[copy.message_id].append(copy)
        return found

    def answered(self, answer: Answer) -> set[str]:
        return {copy.message_id for copy in self.copies if copy.answer is answer}

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            await self._session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client was killed
        finally:
            self._talks.discard(task)
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[str] = []
        await _say(writer, "220 sink.test")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(":")[0].split()[0].upper()
            if verb == "EHLO":
                await _say(writer, "250-sink.test", "250-8BITMIME", "250 SMTPUTF8")
            elif verb == "QUIT":
                await _say(writer, "221 bye")
                return
            elif verb == "DATA":
                await _say(writer, "354 go on")
                content = await reader.readuntil(b"\r\n.\r\n")
                copy = await self._receive(content[:-5].replace(b"\r\n.", b"\r\n"), tuple(recipients))
                recipients = []
                if not await self._answer(copy, reader, writer):
                    return
            else:
                if verb == "RCPT":
                    recipients.append(line.partition("<")[2].partition(">")[0].lower())
                elif verb in ("RSET", "MAIL"):
                    recipients = []
                await _say(writer, "250 OK")

    async def _receive(self, content: bytes, recipients: tuple[str, ...]) -> Copy:
        """Wait at the gate, then note the mail with the answer that it gets: by the script, unless it had to wait."""
        mail = BytesParser(policy=policy.default).parsebytes(content)
        message_id = str(mail["Message-ID"] or "").strip().strip("<>")
        is_automatic = mail["Auto-Submitted"] is not None
        had_to_wait = not self.gate.is_set()
        self.waiting.add(message_id)
        try:
            await self.gate.wait()
        finally:
            self.waiting.discard(message_id)
        answer = Answer.TAKE
        if self.script and not (is_automatic or had_to_wait or self._seen[message_id]):
            answer = self.script.pop(self._random.randrange(len(self.script)))
        self._seen[message_id] += 1
        body = mail.get_body(("plain",))
        copy = Copy(
            message_id=message_id, answer=answer, recipients=recipients, is_automatic=is_automatic,
            reply_to=_address(str(mail["Reply-To"] or "")), sent_at=mail["Date"].datetime,
            text=str(body.get_content()) if body else "",
        )  # fmt: skip
        self.copies.append(copy)
        return copy

    async def _answer(self, copy: Copy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Say it; False when the connection is to be closed."""
        match copy.answer:
            case Answer.TAKE:
                await _say(writer, "250 OK")
            case Answer.LATER:
                await _say(writer, "451 4.3.0 not now")
            case Answer.NEVER:
                await _say(writer, "554 5.7.1 not this")
            case Answer.HANG:
                self.hanging.add(copy.message_id)
                await reader.read()  # until the client hangs up
                self.hanging.discard(copy.message_id)
                return False
            case Answer.TAKE_AND_DROP:
                await _say(writer, "250 OK")
                return False
            case _:
                return False
        return True


async def _say(writer: asyncio.StreamWriter, *lines: str) -> None:
    writer.write("".join(f"{line}\r\n" for line in lines).encode())
    await writer.drain()


def _address(field: str) -> str:
    found = re.search(r"<([^<>]+)>", field)
    return found[1] if found else field
