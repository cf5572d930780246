import subprocess
import sys
from pathlib import Path

from tests.embedded.processes import ENVIRONMENT, eventually, is_alive

WATCHING = """
import os, sys, time
from helpdesk.embedded import process
process._prctl = None
process.watch_parent()
print(os.getpid(), flush=True)
time.sleep(60)
"""
PARENT = """
import os, subprocess, sys
os.environ["HELPDESK_PARENT_PID"] = str(os.getpid())
subprocess.run([sys.executable, "-c", sys.argv[1]])
"""


def test_where_the_kernel_does_not_tie_it_a_program_watches_its_parent(place: Path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, WATCHING], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    parent.kill()
    parent.wait()

    eventually(lambda: not is_alive(child), 5)
    parent.stdout.close()


def test_a_parent_that_died_before_the_tie_takes_the_child_along():
    tying = "from helpdesk.embedded import process; import signal; process._tie_to(1 << 30, signal.SIGTERM)"
    assert subprocess.run([sys.executable, "-c", tying], check=False, env=ENVIRONMENT).returncode == 1
