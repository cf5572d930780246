"""Strangers' mails are read in a child process with little memory and little time (rulings 16).

A mail that makes the parser loop, swell or crash kills the child alone; the next mail gets a new one. Frames on the
pipes are a length in four bytes and that many bytes. The child ends with its parent: its stdin closes.
"""

import asyncio
import os
import resource
import struct
import sys
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from helpdesk.channels.email.reading import ReadMail

SECONDS_A_MAIL = 10
MEMORY_BYTES = 1024**3

_SECONDS_TO_START = 60
_LENGTH = struct.Struct(">I")


class ParserDied(Exception):
    """The child was killed, crashed or took too long over this mail; `str()` says which."""


class ParserProcess:
    """One child process, started with the first mail and again after each death; mails are read one after the other."""

    def __init__(self, *, seconds_a_mail: float = SECONDS_A_MAIL, memory_bytes: int = MEMORY_BYTES) -> None:
        self.seconds_a_mail = seconds_a_mail
        self.memory_bytes = memory_bytes
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def read(self, raw: bytes) -> ReadMail:
        """The mail, ready to be shown. Raises ParserDied; the child is then a new one for the next mail.

        Raises OSError when no child can be started, which is not the mail's fault.
        """
        async with self._turn:
            try:
                child = self._child if self._child and self._child.returncode is None else await self._start()
                async with asyncio.timeout(self.seconds_a_mail):
                    return await _ask(child, raw)
            except TimeoutError:
                await self._kill()
                raise ParserDied(f"it took longer than {self.seconds_a_mail:g} s") from None
            except (ConnectionError, asyncio.IncompleteReadError, msgspec.MsgspecError):
                code = await self._kill()
                raise ParserDied(f"the parser ended with {code}") from None
            except BaseException:  # a cancelled read leaves an answer in the pipe that belongs to nobody
                await self._kill()
                raise

    async def close(self) -> None:
        """End the child; a later `read` starts another."""
        async with self._turn:
            await self._kill()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _start(self) -> asyncio.subprocess.Process:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, str(self.memory_bytes), str(int(self.seconds_a_mail)),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=_environment(),
            start_new_session=True,  # a stop of the whole group must not look like a mail that kills
        )  # fmt: skip
        assert self._child.stdout
        try:
            async with asyncio.timeout(_SECONDS_TO_START):
                await self._child.stdout.readexactly(_LENGTH.size)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError) as error:
            raise OSError(f"the parser does not start: it ended with {await self._kill()}") from error
        return self._child

    async def _kill(self) -> str:
        """End the child at once; how it ended, in words."""
        child, self._child = self._child, None
        if child is None:
            return "nothing"
        with suppress(ProcessLookupError, TimeoutError):
            if child.stdin:
                child.stdin.close()
            await asyncio.wait_for(child.wait(), 0.2)  # it may be ending by itself, and then says why
        with suppress(ProcessLookupError):
            child.kill()
        code = await child.wait()
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def _environment() -> dict[str, str]:
    """What Python needs to start, and none of our secrets."""
    return {
        name: os.environ[name] for name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LANG", "LC_ALL") if name in os.environ
    }


async def _ask(child: asyncio.subprocess.Process, raw: bytes) -> ReadMail:
    assert child.stdin
    assert child.stdout
    child.stdin.write(_LENGTH.pack(len(raw)) + raw)
    await child.stdin.drain()
    [length] = _LENGTH.unpack(await child.stdout.readexactly(_LENGTH.size))
    if length > MEMORY_BYTES:
        raise msgspec.ValidationError("the answer is too long")
    return msgspec.msgpack.decode(await child.stdout.readexactly(length), type=ReadMail)


def serve(source: BinaryIO, sink: BinaryIO, *, seconds_a_mail: int) -> None:
    """Read mails from `source` until it ends and answer each on `sink`; what the child does."""
    from helpdesk.channels.email.making_ready import make_ready

    encoder = msgspec.msgpack.Encoder()
    sink.write(_LENGTH.pack(0))  # all is imported: from now on the time is the mail's
    sink.flush()
    while len(header := source.read(_LENGTH.size)) == _LENGTH.size:
        _limit_time(seconds_a_mail)
        raw = source.read(*_LENGTH.unpack(header))
        answer = encoder.encode(make_ready(raw))
        sink.write(_LENGTH.pack(len(answer)) + answer)
        sink.flush()


def _limit_time(seconds: int) -> None:
    """So many seconds of processor time from now on; then the system sends SIGXCPU, which kills."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))


def main() -> None:
    memory_bytes, seconds_a_mail = map(int, sys.argv[1:])
    with suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, sys.stdout.buffer, seconds_a_mail=seconds_a_mail)


if __name__ == "__main__":
    main()
