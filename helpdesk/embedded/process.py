"""Starting a process that does not outlive us, and stopping it.

On Linux the kernel does it: PR_SET_PDEATHSIG sends the child a signal when the *thread* that started it ends,
so start children from a thread that lives as long as they shall. It is set after `subprocess` changed the
account (a change of account clears it) and survives the exec. Elsewhere our own programs watch their parent.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

PARENT = "HELPDESK_PARENT_PID"
_PR_SET_PDEATHSIG = 1
_LONG_LOG = 1_000_000  # bytes
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


@dataclass(frozen=True)
class Child:
    """A process to run. `ready()` blocks for at most a few seconds and tells whether it does its work."""

    name: str
    command: Sequence[str | Path]
    options: Mapping[str, Any] = field(default_factory=dict)  # further arguments of subprocess.Popen: env, user …
    ready: Callable[[], bool] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0  # seconds between the stop signal and SIGKILL
    log: Path | None = None  # where its output goes; ours when None


@contextmanager
def spawn_options(child: Child) -> Iterator[dict[str, Any]]:
    """The arguments of `subprocess.Popen` besides the command, good until the process is started.

    The child leads its own session: Ctrl-C in the terminal reaches the supervisor alone, which stops all in order,
    and what the child leaves behind can be found by its process group.
    """
    with ExitStack() as stack:
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "start_new_session": True, **child.options}
        options["env"] = {**options.get("env", os.environ), PARENT: str(os.getpid())}
        if child.log:
            options["stdout"] = options["stderr"] = stack.enter_context(_open_log(child.log))
        yield options | tied(child.stop_signal)


def spawn(child: Child) -> "subprocess.Popen[Any]":
    with spawn_options(child) as options:
        return subprocess.Popen(child.command, **options)


def hint(child: Child) -> str:
    """Where to read why it does not work, and the last thing it said."""
    if child.log is None:
        return "its messages are above"
    lines = child.log.read_text(errors="replace").splitlines() if child.log.exists() else []
    return f"see {child.log}: {lines[-1]}" if lines else f"see {child.log}"


def tied(stop_signal: signal.Signals) -> dict[str, Any]:
    """The arguments of `subprocess` that send the child this signal when the thread that calls it ends."""
    parent = os.getpid()
    return {"preexec_fn": lambda: _tie_to(parent, stop_signal)} if _prctl is not None else {}


def stop(process: "subprocess.Popen[Any]", child: Child) -> None:
    """Ask it to stop, kill it after its grace."""
    with suppress(ProcessLookupError):
        process.send_signal(child.stop_signal)
    try:
        process.wait(child.grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    kill_group(process.pid)


def kill_group(leader: int) -> None:
    """Kill what a dead child left behind, such as the workers of a web server that was killed."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def watch_parent() -> None:
    """For our own programs where the kernel does not do it: stop as on SIGTERM when the supervisor is gone."""
    if _prctl is None and (parent := os.environ.get(PARENT)):
        threading.Thread(target=_stop_without, args=(int(parent),), daemon=True, name="watch-parent").start()


def _open_log(path: Path) -> IO[bytes]:
    is_long = path.exists() and path.stat().st_size > _LONG_LOG
    return path.open("wb" if is_long else "ab")


def _tie_to(parent: int, stop_signal: signal.Signals) -> None:
    if _prctl is None or _prctl(_PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0) != 0 or os.getppid() != parent:
        os._exit(1)  # the parent died between fork and prctl: nobody would ever stop us


def _stop_without(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
