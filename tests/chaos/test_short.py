"""The short form of `make chaos`: each fault once, then one safeguard switched off to prove that the checker sees."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.xdist_group("chaos")
def test_nothing_is_lost_whatever_is_killed() -> None:
    assert chaos("--short").endswith("GREEN: no violation")


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.xdist_group("chaos")
@pytest.mark.long
def test_a_mail_server_that_answers_before_its_commit_is_found_out() -> None:
    assert "I1 is broken, as it must be" in chaos("--without", "early_250")


def chaos(*arguments: str) -> str:
    """Run it in a process of its own, and give back its report, which is shown when it fails."""
    command = [sys.executable, "-m", "tests.chaos", *arguments]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            said, _ = process.communicate()
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0, said
    return said.strip()
