"""Line 24 of docs/security.md: where a request ends is not for its sender to say twice (RFC 9112 6)."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest_asyncio

from tests.cli.running import start

SMUGGLED = b"GET /healthz?smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
TWICE = {
    "length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks and length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n0\r\n\r\n" % (5 + len(SMUGGLED)) + SMUGGLED,
    "two lengths": HEAD + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED,
    "a list of lengths": HEAD + b"Content-Length: 0, %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED,
    "a signed length": HEAD + b"Content-Length: +0\r\n\r\n" + SMUGGLED,
    "an unknown coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + SMUGGLED,
    "chunked, but not last": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "blank before the colon": HEAD + b"Transfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a folded field": HEAD + b"X: y\r\n Content-Length: 0\r\n\r\n" + SMUGGLED,
    "a chunk with a wrong size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + SMUGGLED,
}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def port(database: None) -> AsyncIterator[int]:
    """Of a web server as people run it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    web = start("web", environment={"HELPDESK_PORT": str(port), "HELPDESK_HOST": "127.0.0.1"})
    try:
        async with httpx.AsyncClient() as client, asyncio.timeout(60):
            while True:
                try:
                    if (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        yield port
    finally:
        web.terminate()
        await asyncio.to_thread(web.wait, 20)


async def test_b24_no_request_is_smuggled_inside_of_another(port: int) -> None:
    """Each is refused, or its two readings are one: never is there an answer to what stands inside of it."""
    assert await _answers(port, HEAD + b"Content-Length: 0\r\n\r\n" + SMUGGLED) == ["200", "200"]
    answered = dict(zip(TWICE, await asyncio.gather(*(_answers(port, sent) for sent in TWICE.values())), strict=True))
    assert {name for name, statuses in answered.items() if statuses.count("200") > 1} == set(), answered


async def _answers(port: int, sent: bytes) -> list[str]:
    """The statuses of all answers, a pause of two seconds being the end of one. What stands inside comes on its own, as a proxy that reuses the connection sends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = b""
    for piece in (sent.removesuffix(SMUGGLED), SMUGGLED):
        with suppress(TimeoutError, ConnectionError):
            writer.write(piece)
            while read := await asyncio.wait_for(reader.read(65_536), 2):
                said += read
    writer.close()
    return [status.decode() for status in re.findall(rb"HTTP/1\.1 (\d{3})", said)]
