"""List and ticket pages at 2,000 and 20,000 tickets, beside a bare litestar + Jinja page of the same size; memory; cold start.

Run with `python -m tests.benchmarks.pages`.
"""

import asyncio
import hashlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
import httpx

from tests.benchmarks.desk import Desk, a_desk, fill, free_port, milliseconds, percentile

ROUNDS, PER_ROUND = 12, 15
BYTES_A_ROW = 1_150
"""Of the list page, which has thirty: the bare page has as many rows for its size, and their expressions."""
PAGES = {"list": "/console?view=open", "ticket": "/console/tickets/1500?view=open"}


async def sign_in(desk: Desk) -> str:
    token = secrets.token_urlsafe(32)
    connection = await asyncpg.connect(desk.database_url)
    await connection.execute(
        "INSERT INTO hd_session (token_hash, agent, created_at, seen_at, address, user_agent) VALUES ($1, 1, now(), now(), '', '')",
        hashlib.sha256(token.encode()).hexdigest(),
    )
    await connection.close()
    return token


async def timed(client: httpx.AsyncClient, url: str) -> tuple[float, int]:
    started = time.perf_counter()
    answer = await client.get(url)
    answer.raise_for_status()
    return time.perf_counter() - started, len(answer.content)


async def against_bare(desk: Desk, cookie: str) -> dict[str, tuple[float, float, int]]:
    """For each page: our median, the bare page's of the same size, bytes; measured in turns."""
    found = {}
    async with httpx.AsyncClient(cookies={"helpdesk": cookie}, timeout=30) as client:
        for name, path in PAGES.items():
            size = (await timed(client, desk.url + path))[1]
            bare_url, bare = start_bare(size)
            try:
                await wait_for(client, bare_url)
                ours: list[float] = []
                floor: list[float] = []
                for _ in range(ROUNDS):
                    floor += [(await timed(client, bare_url))[0] for _ in range(PER_ROUND)]
                    ours += [(await timed(client, desk.url + path))[0] for _ in range(PER_ROUND)]
            finally:
                bare.terminate()
                bare.wait(10)
            found[name] = (percentile(ours, 0.5), percentile(floor, 0.5), size)
    return found


def start_bare(size: int) -> tuple[str, subprocess.Popen[bytes]]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "asgi",
        "--factory",
        "--port",
        str(port),
        "--no-access-log",
        "--log-level",
        "error",
        "tests.benchmarks.bare:create_app",
    ]
    process = subprocess.Popen(
        command, env=os.environ | {"BARE_BYTES": str(size), "BARE_ROWS": str(size // BYTES_A_ROW)}
    )
    return f"http://127.0.0.1:{port}/", process


async def wait_for(client: httpx.AsyncClient, url: str) -> None:
    for _ in range(100):
        try:
            await client.get(url)
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return


def memory(desk: Desk) -> None:
    """Proportional set size of each idle process and its children."""
    for name, process in desk.processes.items():
        print(f"| idle memory of {name} | {_pss_of_tree(process.pid) / 1024:.0f} MB | | |")


def _pss_of_tree(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return own + sum(_pss_of_tree(int(child)) for child in children)


def cold_start() -> None:
    """`helpdesk up` on an empty data directory, and again, until it says that it is ready."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-cold-") as home:
        os.chmod(home, 0o755)
        for words in ("empty data directory", "second start"):
            environment = {k: v for k, v in os.environ.items() if not k.startswith("HELPDESK_")} | {
                "HELPDESK_LOG_LEVEL": "error"
            }
            command = [
                sys.executable,
                "-m",
                "helpdesk",
                "up",
                "--data",
                home,
                "--port",
                str(free_port()),
                "--smtp-port",
                str(free_port()),
            ]
            started = time.perf_counter()
            process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            assert process.stdout is not None
            while line := process.stdout.readline():
                if line.startswith(b"Helpdesk is ready"):
                    break
            print(f"| cold start, {words} | {time.perf_counter() - started:.1f} s | | |")
            process.send_signal(signal.SIGTERM)
            process.wait(30)


async def measure(desk: Desk) -> bool:
    cookie = await sign_in(desk)
    medians: dict[int, dict[str, tuple[float, float, int]]] = {}
    for tickets in (2_000, 20_000):
        await fill(desk, up_to=tickets)
        medians[tickets] = await against_bare(desk, cookie)
        for name, (ours, floor, size) in medians[tickets].items():
            print(
                f"| {name} page at {tickets:,} tickets, median ({size / 1000:.0f} kB; bare page {milliseconds(floor)}) | {milliseconds(ours)} | {ours / floor:.2f} × bare | ≤ 5 × |"
            )
    good = all(ours <= 5 * floor for found in medians.values() for ours, floor, _ in found.values())
    for name in PAGES:
        growth = medians[20_000][name][0] / medians[2_000][name][0]
        print(f"| {name} page, 20,000 against 2,000 tickets | | {growth:.2f} × | ≤ 1.3 × |")
        good &= growth <= 1.3
    return good


def main() -> int:
    print("| measured | value | ratio | promised |\n|---|---|---|---|")
    with a_desk() as desk:
        desk.run("agent", "create", "--email", "alma@bench.test", "--name", "Alma", "--role", "admin")
        for name in ("web", "worker", "scheduler", "mail-server"):
            desk.start(name)
        desk.wait_ready()
        time.sleep(3)
        memory(desk)
        good = asyncio.run(measure(desk))
    cold_start()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
