"""Reading a mailbox by IMAP (RFC 3501): an adapter that knows no tickets.

imaplib blocks, so each connection has a thread of its own. What is read is only peeked at: it stays as new as it was for
whoever else reads the mailbox. TLS certificates are always checked.
"""

import asyncio
import base64
import imaplib
import re
import select
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import msgspec
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxLoginError
from imap_tools.utils import encode_folder

from helpdesk.kernel.errors import HelpdeskError

CONNECT_WITHIN = 10.0  # seconds
ANSWER_WITHIN = 60.0  # seconds of silence in the middle of an answer
GOODBYE_WITHIN = 2.0

P = ParamSpec("P")
T = TypeVar("T")

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_INTERNALDATE = re.compile(rb'\bINTERNALDATE "([^"]+)"')
_MESSAGE_ID = re.compile(rb"<([^<>]+)>")
_MONTHS = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"]
_UNSAFE = re.compile(r"[\r\n\0]")


class CannotFetch(HelpdeskError):
    """Why the mailbox cannot be read, in a sentence for its administrator."""


class SignInRefused(CannotFetch):
    """The server knows neither the name nor the secret, or does not let them in."""


class AskRefused(CannotFetch):
    """The server answered, and said no to what was asked of these mails."""


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where and as whom. `tls` is implicit, starttls or none; with an `access_token` the sign-in is XOAUTH2."""

    host: str
    port: int
    tls: str
    username: str
    password: str = ""
    access_token: str = ""

    def __repr__(self) -> str:
        return f"Server({self.username} at {self.host}:{self.port})"

    def without_secrets(self, text: str) -> str:
        """What a server answers may repeat what it was told."""
        for secret in filter(None, (self.password, self.access_token)):
            for said in (f"user={self.username}\1auth=Bearer {secret}\1\1", f"\0{self.username}\0{secret}", secret):
                text = text.replace(base64.b64encode(said.encode()).decode(), "***").replace(said, "***")
        return text


class Folder(msgspec.Struct, frozen=True):
    """An opened folder; UIDs below `next_uid` mean the same mails as long as `uid_validity` stays (RFC 3501 2.3.1.1)."""

    uid_validity: int
    next_uid: int


class Found(msgspec.Struct, frozen=True):
    """What the server tells of a mail before it is read: bytes, when it arrived, the Message-ID without brackets."""

    uid: int
    size: int
    arrived_at: datetime | None
    message_id: str


class Mailbox:
    """A signed-in connection; see `connect`. Every method raises CannotFetch.

    `is_read_only`: nothing in the folder will be marked or moved, so one that may only be read will do.
    """

    def __init__(self, server: Server, folder: str, *, is_read_only: bool = False) -> None:
        self.server = server
        self.folder = folder
        self.is_read_only = is_read_only
        self.can_idle = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")
        self._box: BaseMailBox | None = None
        self._idle_tag: bytes | None = None
        self._is_empty = False

    async def connect(self) -> None:
        """Reach the server and sign in."""
        await self._do(self._connect)

    async def open(self) -> Folder:
        """Open the folder, or look at it afresh."""
        return await self._do(self._open)

    async def uids(self, above: int = 0) -> list[int]:
        """The UIDs in the folder above one, ascending."""
        if self._is_empty:  # where some servers know no `*`
            return []
        # `n:*` names the last mail too when it is below n.
        answer = await self._do(self._ask, "FETCH", f"{above + 1}:*", "(UID)")
        return sorted({uid for line in answer if (uid := _uid(_told(line))) > above})

    async def find(self, uids: Sequence[int]) -> dict[int, Found]:
        """What there is to know of the mails before they are read; those that are gone are missing."""
        what = "(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
        found = [_found(*mail) for mail in _mails(await self._do(self._ask, "FETCH", _set(uids), what))]
        return {one.uid: one for one in found if one.uid in set(uids)}

    async def read(self, uid: int, *, headers_only: bool = False) -> bytes | None:
        """The mail's bytes, or None when it is gone."""
        section = "HEADER" if headers_only else ""
        answer = await self._do(self._ask, "FETCH", str(uid), f"(UID BODY.PEEK[{section}])")
        return next((content for told, content in _mails(answer) if _uid(told) == uid and content is not None), None)

    async def mark_seen(self, uids: Sequence[int]) -> None:
        await self._do(self._ask, "STORE", _set(uids), "+FLAGS.SILENT", r"(\Seen)")

    async def move(self, uids: Sequence[int], folder: str) -> None:
        """Move the mails into another folder, which is made if it is missing."""
        await self._do(self._move, uids, folder)

    async def delete(self, uids: Sequence[int]) -> None:
        """Delete the mails and no others: a server without UIDPLUS only marks them."""
        await self._do(self._delete, uids)

    async def begin_idle(self) -> bool:
        """Let the server tell of news from now on (RFC 2177); whether it told some at once."""
        return await self._do(self._begin_idle)

    async def has_news(self, seconds: float) -> bool:
        """Whether the server told anything within the seconds."""
        return await self._do(self._has_news, seconds)

    async def end_idle(self) -> None:
        """Raises CannotFetch when the server is not there any more."""
        await self._do(self._end_idle)

    async def close(self) -> None:
        """Say goodbye if that is quick; whatever still waits for the server is cut off."""
        with suppress(CannotFetch, TimeoutError):
            await asyncio.wait_for(self._do(self._say_goodbye), GOODBYE_WITHIN)
        if self._box:
            with suppress(OSError):
                self._box.client.socket().shutdown(socket.SHUT_RDWR)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))
        except (imaplib.IMAP4.error, ImapToolsError, OSError, EOFError) as error:
            raise _told_plainly(error, self.server) from error

    def _connect(self) -> None:
        server = self.server
        if any(_UNSAFE.search(text) for text in (server.username, server.password, server.access_token, self.folder)):
            raise CannotFetch("the user name, password or folder contains a line break")
        box = _reach(server)
        self._box = box
        self._client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._client.sock.settimeout(ANSWER_WITHIN)
        if server.access_token:
            box.xoauth2(server.username, server.access_token, None)
        elif f"{server.username}{server.password}".isascii():
            box.login(server.username, server.password, None)
        else:
            box.login_utf8(server.username, server.password, None)
        _, told = self._client.capability()  # servers say more after the sign-in
        self._capabilities = {
            word.upper() for line in told for word in (line or b"").decode("ascii", "replace").split()
        }
        self.can_idle = "IDLE" in self._capabilities

    @property
    def _client(self) -> Any:  # an imaplib.IMAP4, whose types say less than it does
        if self._box is None:
            raise CannotFetch("not connected")
        return self._box.client

    def _open(self) -> Folder:
        status, told = self._client.select(encode_folder(self.folder).decode(), readonly=self.is_read_only)
        if status != "OK":
            raise CannotFetch(f"the folder {self.folder} cannot be opened: {_words(told)}")
        self._is_empty = told == [b"0"]
        next_uid, validity = self._number("UIDNEXT"), self._number("UIDVALIDITY")
        if not validity:
            raise CannotFetch("the server gives no UIDVALIDITY, so mails cannot be told apart")
        if not next_uid:
            last = max((_uid(_told(line)) for line in self._ask("FETCH", "*", "(UID)")), default=0)
            next_uid = last + 1
        return Folder(validity, next_uid)

    def _number(self, name: str) -> int:
        told = self._client.untagged_responses.get(name) or [b"0"]
        return int(told[-1])

    def _ask(self, command: str, *args: str) -> list[Any]:
        status, told = self._client.uid(command, *args)
        if status != "OK":
            raise AskRefused(f"the server refused UID {command}: {_words(told)}")
        return [line for line in told if line]

    def _move(self, uids: Sequence[int], folder: str) -> None:
        target = encode_folder(folder).decode()
        if self._client.list('""', target)[1] == [None]:
            self._client.create(target)
        if "MOVE" in self._capabilities:
            self._ask("MOVE", _set(uids), target)
        else:
            self._ask("COPY", _set(uids), target)
            self._delete(uids)

    def _delete(self, uids: Sequence[int]) -> None:
        self._ask("STORE", _set(uids), "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self._capabilities:
            self._ask("EXPUNGE", _set(uids))

    def _begin_idle(self) -> bool:
        client = self._client
        self._idle_tag = client._command("IDLE")
        told_some = False
        while client._get_response() is not None:  # None is the server's "go on"
            self._check_idle(client)
            told_some = True
        return told_some

    def _check_idle(self, client: Any) -> None:
        if answer := client.tagged_commands.get(self._idle_tag):
            self._idle_tag = None
            raise CannotFetch(f"the server refused IDLE: {_words(answer[1])}")

    def _has_news(self, seconds: float) -> bool:
        client = self._client
        client.sock.settimeout(0)
        try:
            with suppress(BlockingIOError, ssl.SSLWantReadError):
                if client.file.peek(1):  # came together with what was read before
                    return True
        finally:
            client.sock.settimeout(ANSWER_WITHIN)
        poller = select.poll()
        poller.register(client.sock, select.POLLIN)
        return bool(poller.poll(seconds * 1000))

    def _end_idle(self) -> None:
        client = self._client
        tag, self._idle_tag = self._idle_tag, None
        client.send(b"DONE\r\n")
        while not client.tagged_commands[tag]:
            client._get_response()
        client.tagged_commands.pop(tag)

    def _say_goodbye(self) -> None:
        if self._box and self._idle_tag is None:
            self._client.logout()


def _reach(server: Server) -> BaseMailBox:
    trust = ssl.create_default_context()
    if server.tls == "implicit":
        return MailBox(server.host, server.port, timeout=CONNECT_WITHIN, ssl_context=trust)
    if server.tls == "starttls":
        return MailBoxStartTls(server.host, server.port, timeout=CONNECT_WITHIN, ssl_context=trust)
    return MailBoxUnencrypted(server.host, server.port, timeout=CONNECT_WITHIN)


def _told_plainly(error: Exception, server: Server) -> CannotFetch:
    """The error as a sentence, with what to do where that is known."""
    where = f"{server.host}:{server.port}"
    match error:
        case MailboxLoginError():
            return SignInRefused(_sign_in_refused(server, server.without_secrets(_words(error.command_result[1]))))
        case ssl.SSLCertVerificationError():
            return CannotFetch(f"{where}: its certificate is not trusted: {error.verify_message}")
        case ssl.SSLError():
            return CannotFetch(
                f"{where}: no TLS connection ({error.reason or error}); is it another port, or STARTTLS?"
            )
        case socket.gaierror():
            return CannotFetch(f"{server.host}: there is no server of this name")
        case TimeoutError():
            return CannotFetch(f"{where}: no answer in time")
        case ConnectionRefusedError():
            return CannotFetch(f"{where}: nobody listens there")
        case imaplib.IMAP4.readonly():
            return CannotFetch(f"{where}: the user may only read the folder, and not mark what was taken in")
        case imaplib.IMAP4.abort() | OSError() | EOFError():
            return CannotFetch(f"{where}: the connection broke off: {server.without_secrets(_line(error))}")
        case imaplib.IMAP4.error() if "authenticat" in str(error).lower():
            return SignInRefused(_sign_in_refused(server, server.without_secrets(_line(error))))
        case _:
            return CannotFetch(f"{where}: {server.without_secrets(_line(error))}")


def _sign_in_refused(server: Server, said: str) -> str:
    advice = "connect the mailbox again" if server.access_token else "check the user name and the password"
    return f"{server.host} refused the sign-in ({said}): {advice}"


def _line(error: Exception) -> str:
    return " ".join((str(error) or type(error).__name__).split())[:300]


def _words(told: Any) -> str:
    """What the server said, on one line."""
    parts = told if isinstance(told, list) else [told]
    return " ".join(b" ".join(one for one in parts if isinstance(one, bytes)).decode("utf-8", "replace").split())[:300]


def _set(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))


def _mails(answer: list[Any]) -> Iterator[tuple[bytes, bytes | None]]:
    """Each mail of a FETCH answer: what was told of it, and the one literal that was asked for.

    imaplib gives a literal as a pair with what stood before it, and what follows as bytes of their own.
    """
    told, content = b"", None
    for part in answer:
        if isinstance(part, tuple):
            told, content = told + part[0], part[1]
        else:
            yield told + part, content
            told, content = b"", None


def _told(line: Any) -> bytes:
    return line[0] if isinstance(line, tuple) else line


def _uid(told: bytes) -> int:
    """0 for an answer about something else, a changed flag for example."""
    found = _UID.search(told)
    return int(found[1]) if found else 0


def _found(told: bytes, header: bytes | None) -> Found:
    size, message_id = _SIZE.search(told), _MESSAGE_ID.search(header or b"")
    return Found(
        uid=_uid(told),
        size=int(size[1]) if size else 0,
        arrived_at=_moment(_INTERNALDATE.search(told)),
        message_id=message_id[1].decode("utf-8", "replace").strip() if message_id else "",
    )


def _moment(found: "re.Match[bytes] | None") -> datetime | None:
    """`17-Jul-1996 02:44:25 -0700`, whatever language this machine speaks."""
    parts = re.fullmatch(rb" ?(\d+)-(\w{3})-(\d{4}) ([\d:]{8}) ([+-]\d{4})", found[1]) if found else None
    if parts is None or parts[2].title() not in _MONTHS:
        return None
    day, _month, year, time, zone = (part.decode() for part in parts.groups())
    with suppress(ValueError):
        month = _MONTHS.index(parts[2].title()) + 1
        return datetime.strptime(f"{year}-{month}-{day} {time} {zone}", "%Y-%m-%d %H:%M:%S %z")
    return None
