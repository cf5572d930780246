"""`python -m tests.loops`: see the package. Ends with 1 when somebody gets more than they should, or it never ends."""

import argparse
import asyncio
import signal
import sys

from tests.loops.running import run


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.loops", description="Let machines answer machines, and count."
    )
    parser.add_argument(
        "--short", action="store_true", help="a smaller storm, and a look after seconds instead of a minute"
    )
    is_short = parser.parse_args().short
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    wrong = asyncio.run(run(window=8, storm=10) if is_short else run(window=60, storm=200))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
