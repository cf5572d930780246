import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk.channels.email.making_ready import make_ready
from helpdesk.channels.email.parsing_child import ParserDied, ParserProcess

MAILS = Path(__file__).parents[2] / "mails"
PLAIN = (MAILS / "plain.eml").read_bytes()


async def test_the_child_reads_as_we_would():
    async with ParserProcess() as parser:
        for file in sorted(MAILS.glob("*.eml")):
            assert await parser.read(file.read_bytes()) == make_ready(file.read_bytes())


async def test_mails_handed_over_at_once_each_get_their_own_answer():
    async with ParserProcess() as parser:
        mails = [f"Subject: {number}\r\n\r\n{number}".encode() for number in range(20)]
        read = await asyncio.gather(*(parser.read(mail) for mail in mails))

    assert [mail.new_text for mail in read] == [str(number) for number in range(20)]


async def test_a_killed_child_is_replaced():
    async with ParserProcess() as parser:
        await parser.read(PLAIN)
        child = parser._child
        assert child
        os.kill(child.pid, signal.SIGSTOP)
        reading = asyncio.create_task(parser.read(PLAIN))
        await asyncio.sleep(0.05)
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(ParserDied, match="signal 9"):
            await reading

        assert (await parser.read(PLAIN)).mail.subject == "My order has not come"


async def test_a_mail_that_takes_too_long_ends_the_child():
    async with ParserProcess(seconds_a_mail=0.5) as parser:
        await parser.read(PLAIN)
        assert parser._child
        os.kill(parser._child.pid, signal.SIGSTOP)
        with pytest.raises(ParserDied, match="longer than"):
            await parser.read(PLAIN)

        assert (await parser.read(PLAIN)).mail.subject == "My order has not come"


async def test_a_mail_that_takes_too_much_memory_ends_the_child():
    async with ParserProcess(memory_bytes=150 * 1024**2) as parser:
        with pytest.raises(ParserDied):
            await parser.read(b"Content-Type: application/pdf\r\n\r\n" + b"A" * 60_000_000)

        assert (await parser.read(PLAIN)).mail.subject == "My order has not come"


async def test_a_cancelled_read_does_not_answer_the_next_one():
    async with ParserProcess() as parser:
        await parser.read(PLAIN)
        assert parser._child
        os.kill(parser._child.pid, signal.SIGSTOP)
        reading = asyncio.create_task(parser.read(b"Subject: cancelled\r\n\r\n"))
        await asyncio.sleep(0.05)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

        assert (await parser.read(PLAIN)).mail.subject == "My order has not come"


async def test_the_child_knows_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HELPDESK_SECRET_KEY", "hunter2")
    async with ParserProcess() as parser:
        await parser.read(PLAIN)
        assert parser._child
        environment = Path(f"/proc/{parser._child.pid}/environ").read_bytes()

    assert b"hunter2" not in environment


def test_the_child_ends_with_its_parent():
    program = (
        "import asyncio, os\n"
        "from helpdesk.channels.email.parsing_child import ParserProcess\n"
        "async def main():\n"
        "    parser = ParserProcess()\n"
        "    await parser.read(b'Subject: x\\n\\n')\n"
        "    print(parser._child.pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    # Its stdout is the pipe that is read here to the end: the end comes only once the child is gone too.
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=20, cwd=Path(__file__).parents[3]
    )
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            break
        signal.sigtimedwait([], 0.05)
    else:
        pytest.fail("the parser's child outlives its parent")
