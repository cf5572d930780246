"""The index of articles while all that can befall it does: `python -m tests.chaos.articles [--rounds 20] [--seed N]`.

Two schedulers over one data directory keep it up while articles are published, changed and withdrawn all the time. They are killed
with the lock of the index in their hands, the folder is deleted, bytes of it are changed, the disk is full (RLIMIT_FSIZE), and the
process that builds it is killed. Meanwhile readers search and customers send requests: a search may say that it is away, and
nothing else may be wrong. At the end the index is compared with the database, article by article (I12).
Ends with 1 when a number is wrong.
"""

import argparse
import asyncio
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import httpx

from tests.benchmarks.desk import Desk, a_desk

ARTICLES = 300
"""More than are indexed in the scheduler itself: building takes a process of its own."""
SCHEDULERS = ["scheduler 0", "scheduler 1"]
FULL = 3.0  # seconds that a disk is full
HEALS_WITHIN = 120.0  # seconds
AWAY = "not available just now"


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    asked = argparse.ArgumentParser(prog="python -m tests.chaos.articles", description="Break the index, and compare.")
    asked.add_argument("--rounds", type=int, default=20)
    asked.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    chosen = asked.parse_args()
    with a_desk() as desk:
        os.environ |= {name: value for name, value in desk.environment.items() if name.startswith("HELPDESK_")}
        wrong = asyncio.run(_run(desk, chosen.rounds, random.Random(chosen.seed)))
    print(f"seed {chosen.seed}")
    print("\n".join(["RED:", *wrong]) if wrong else "GREEN: the index is what the database says")
    sys.exit(1 if wrong else 0)


async def _run(desk: Desk, rounds: int, chance: random.Random) -> list[str]:
    from helpdesk.kernel.database import connected
    from helpdesk.kernel.settings import settings

    settings.cache_clear()
    async with connected(4):
        run = Run(desk, chance)
        for number in range(ARTICLES):
            await run.write(number)
        desk.start("web")
        for name in SCHEDULERS:
            desk.start("scheduler", called=name)
        await asyncio.to_thread(desk.wait_ready)
        await run.healed("built for the first time")
        busy = [asyncio.create_task(one()) for one in (run.keep_writing, run.keep_searching, run.keep_asking)]
        try:
            for strike in [*STRIKES, *chance.choices(STRIKES, k=max(0, rounds - len(STRIKES)))]:
                await strike(run)
        finally:
            run.is_over = True
            await asyncio.gather(*busy)
        await run.healed("at the end")
        await run.compare()
    return run.wrong


class Run:
    """What was done to the index, what was seen, and what is wrong."""

    def __init__(self, desk: Desk, chance: random.Random) -> None:
        self.desk, self.chance = desk, chance
        self.folder = desk.home / "index"
        desk.run("agent", "create", "--email", "ben@chaos.test", "--name", "Ben", "--role", "agent")
        self.token = desk.run("token", "create", "--agent", "ben@chaos.test")
        self.articles: list[int] = []
        self.seen: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.is_over = False
        self.began = time.monotonic()

    async def write(self, number: int) -> None:
        from tests.articles import an_article

        text = f"Number {number} of many. " + " ".join(self.chance.choices(_WORDS, k=80))
        self.articles.append(await an_article(f"Article {number}", text))

    async def keep_writing(self) -> None:
        """Changes come all the time: a new one, one withdrawn, one brought back."""
        from helpdesk.kernel.time import now
        from knowledge_base import publishing

        number = ARTICLES
        while not self.is_over:
            number += 1
            await self.write(number)
            one = self.chance.choice(self.articles)
            change = self.chance.choice([publishing.archive, publishing.bring_back])
            with suppress(Exception):  # it is there, or is in the archive, already
                await change(one, "en", at=now())
            self.seen["changes"] += 1
            await asyncio.sleep(0.2)

    async def keep_searching(self) -> None:
        async with httpx.AsyncClient(base_url=self.desk.url, timeout=20) as reader:
            while not self.is_over:
                page = await reader.get("/help/en/search", params={"q": self.chance.choice(_WORDS)})
                if page.status_code == 429:
                    self.seen["too many"] += 1
                elif page.status_code != 200:
                    self.wrong.append(f"a search was answered with {page.status_code}")
                else:
                    self.seen["away" if AWAY in page.text else "found"] += 1
                await asyncio.sleep(2.1)  # as often as one network may

    async def keep_asking(self) -> None:
        """Tickets go on."""
        asked = {"subject": "Where is it?", "body_text": "My parcel.", "customer": {"email": "dora@customer.test"}}
        headers = {"authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=self.desk.url, timeout=20, headers=headers) as api:
            while not self.is_over:
                answer = await api.post("/api/v1/tickets", json=asked)
                if answer.status_code != 201:
                    self.wrong.append(f"a request was answered with {answer.status_code}")
                self.seen["tickets"] += 1
                await asyncio.sleep(0.5)

    async def healed(self, what: str) -> None:
        """Wait until searches have all that was published before now."""
        from helpdesk.articles.indexing import standing
        from knowledge_base.changes import newest

        since, target = time.monotonic(), (await newest()).number
        while (found := await standing()).position is None or found.position < target:
            if time.monotonic() - since > HEALS_WITHIN:
                self.wrong.append(f"{what}: at {found.position} of {target} after {HEALS_WITHIN:.0f} s: {found.told}")
                return
            await asyncio.sleep(0.1)
        print(
            f"{time.monotonic() - self.began:5.0f} s  {what}: whole after {time.monotonic() - since:.1f} s; seen {dict(self.seen)}",
            flush=True,
        )

    async def compare(self) -> None:
        """Each article, its words and who may find it."""
        from knowledge_base import changes, index

        reading = index.read(self.folder)
        theirs = {
            meta.id: (meta.audience, reading.shown(number).title, reading.shown(number).body)
            for number, meta in enumerate(reading.metas)
            if meta
        }
        ours = {one.id: (one.audience, one.title, one.body) async for one in changes.documents()}
        if theirs != ours:
            self.wrong.append(
                f"{len(ours.keys() - theirs.keys())} are missing in the index, {len(theirs.keys() - ours.keys())} are too many, "
                f"{sum(theirs[id] != ours[id] for id in ours.keys() & theirs.keys())} have other words"
            )
        if not self.seen["found"] or not self.seen["tickets"]:
            self.wrong.append(f"nothing went on: {dict(self.seen)}")
        print(f"{len(ours)} articles; {dict(self.seen)}; {dict(self.struck)}", flush=True)

    async def until(self, what: Callable[[], bool], *, seconds: float = 20) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if what():
                return True
            await asyncio.sleep(0.002)
        return False

    def restart(self, name: str) -> None:
        process = self.desk.processes[name]
        process.kill()
        process.wait()
        self.desk.start("scheduler", called=name)


async def kill_in_a_commit(run: Run) -> None:
    """Stop both, and kill them when one of them has the lock."""
    from knowledge_base.index_storage import is_locked

    processes = [run.desk.processes[name] for name in SCHEDULERS]
    for _try in range(200):
        await run.until(lambda: is_locked(run.folder))
        for one in processes:
            one.send_signal(signal.SIGSTOP)
        held = is_locked(run.folder)
        for one in processes:
            one.send_signal(signal.SIGCONT) if not held else one.kill()
        if held:
            break
    run.struck["killed in a commit"] += 1
    for name in SCHEDULERS:
        run.restart(name)
    await run.healed("killed in a commit")


async def delete_the_folder(run: Run) -> None:
    from knowledge_base.index_storage import remove

    remove(run.folder)
    run.struck["deleted"] += 1
    await run.healed("the folder deleted")


async def change_bytes(run: Run) -> None:
    """Of one of its files, and let nobody have it open: a reader that has it has read it."""
    files = [file for file in run.folder.iterdir() if file.suffix in (".seg", ".toc")]
    if files:
        with suppress(OSError):
            _spoil(run.chance.choice(files), run.chance)
            run.struck["bytes changed"] += 1
    for name in SCHEDULERS:
        run.restart(name)
    await run.healed("bytes changed")


async def fill_the_disk(run: Run) -> None:
    """For the schedulers alone, whatever they start among it."""
    for name in SCHEDULERS:
        pid = run.desk.processes[name].pid
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (2_000, resource.RLIM_INFINITY))
    await asyncio.sleep(FULL)
    for name in SCHEDULERS:
        pid = run.desk.processes[name].pid
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    run.struck["disk full"] += 1
    await run.healed("the disk full")


async def kill_the_builder(run: Run) -> None:
    """The process that builds it, in the middle; the next try is the schedulers' own."""
    from knowledge_base.index import progress
    from knowledge_base.index_storage import remove

    remove(run.folder)
    if await run.until(lambda: bool((now := progress(run.folder)) and now.done)):
        for pid in _builders(run.desk):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                run.struck["builder killed"] += 1
    await run.healed("the builder killed")


STRIKES: list[Callable[[Run], Awaitable[None]]] = [
    kill_in_a_commit, delete_the_folder, change_bytes, fill_the_disk, kill_the_builder,
]  # fmt: skip
_WORDS = [
    "delivery",
    "invoice",
    "parcel",
    "refund",
    "account",
    "password",
    "order",
    "payment",
    "address",
    "carrier",
    "label",
    "weight",
    "customs",
    "return",
]


def _spoil(file: Path, chance: random.Random) -> None:
    content = bytearray(file.read_bytes())
    content[chance.randrange(len(content))] ^= 255
    file.unlink()
    file.write_bytes(content)


def _builders(desk: Desk) -> list[int]:
    """Children of our schedulers."""
    parents = {desk.processes[name].pid for name in SCHEDULERS}
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(stat[1]) in parents and b"articles.rebuilding" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


if __name__ == "__main__":
    main()
