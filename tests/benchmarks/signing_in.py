"""Whether a wrong sign-in of somebody who exists takes longer than that of nobody: `python -m tests.benchmarks.signing_in [--tries N]`.

Both kinds in turn, so that a busy machine is as unfair to one as to the other. What is promised is in docs/security.md, T-F.
"""

import argparse
import asyncio
import os
import statistics
import time
from datetime import datetime

from tests.benchmarks.desk import a_desk


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tries", type=int, default=50)
    tries = asked.parse_args().tries
    with a_desk() as desk:
        os.environ |= {name: value for name, value in desk.environment.items() if name.startswith("HELPDESK_")}
        asyncio.run(_measure(tries))


async def _measure(tries: int) -> None:
    from helpdesk.kernel.database import connected, rows
    from helpdesk.kernel.time import now
    from helpdesk.people import passwords

    took: dict[str, list[float]] = {"known": [], "unknown": []}
    async with connected(2):
        password_hash = await passwords.hash_password("unrelated words work")
        await rows(
            "INSERT INTO hd_agent (name, email, role, password_hash) VALUES ('Known', 'known@helpdesk.test', 'agent', {})",
            password_hash,
        )
        await _wrong("unknown", now())  # makes what is compared with nobody's password
        for _ in range(tries):
            for kind, times in took.items():
                await rows("DELETE FROM hd_throttle")
                started = time.perf_counter()
                await _wrong(kind, now())
                times.append((time.perf_counter() - started) * 1000)
    print("| wrong sign-in of | median ms | lower quarter | upper quarter |")
    print("|---|---:|---:|---:|")
    for kind, times in took.items():
        low, middle, high = statistics.quantiles(times, n=4)
        print(f"| {kind} | {middle:.1f} | {low:.1f} | {high:.1f} |")


async def _wrong(kind: str, at: datetime) -> None:
    from helpdesk.kernel.errors import Invalid
    from helpdesk.people.signing_in import sign_in

    try:
        await sign_in(f"{kind}@helpdesk.test", "wrong", address="192.0.2.7", user_agent="", at=at)
    except Invalid:
        return


if __name__ == "__main__":
    main()
