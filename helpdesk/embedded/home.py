"""Where the private servers of a data directory live: `DATA_DIR/servers`.

    servers/postgres   the cluster              servers/binaries   copies, only where they are needed
    servers/valkey     the append-only file     servers/run        the sockets

Two things can force a part to another place, found again by a symbolic link: as root, a data directory
below a folder that other accounts cannot enter (`/root`) has `servers` in `/var/lib/helpdesk`; and a path
too long for a socket (about 107 bytes), or with a comma (PostgreSQL would read two), has `run` in `/tmp`.
"""

import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from helpdesk.embedded.account import Account, account_for, can_enter
from helpdesk.kernel.errors import ConfigurationError

ELSEWHERE = Path("/var/lib/helpdesk")
_LONGEST_SOCKET_PATH = 103  # bytes; 107 on Linux, 103 on macOS
_LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"


@dataclass(frozen=True)
class Home:
    root: Path
    run: Path
    account: Account | None

    def make_private(self, directory: Path) -> Path:
        """Create the directory for the servers' account alone (mode 0700)."""
        directory.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            self.account.owns(directory)
        return directory


def open_home(data_dir: Path) -> Home:
    """Make, or find again, the place of this data directory's servers.

    Raises ConfigurationError when it cannot be made or used by the account that the servers run under.
    """
    servers = data_dir / "servers"
    account = account_for(servers / "postgres")
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if servers.is_symlink() and not servers.exists():
            raise ConfigurationError(f"the databases of {data_dir} were kept in {servers.readlink()}, which is gone")
        if not servers.is_dir():
            _make_servers(data_dir, servers, account)
        root = servers.resolve()
        if not can_enter(account, root) or not os.access(root, os.W_OK):
            raise ConfigurationError(
                f"{root} is closed to the account {account.name if account else os.geteuid()}; "
                f"open the folders above it, or use another data directory"
            )
        return Home(root, _run_directory(root, account), account)
    except OSError as error:
        raise ConfigurationError(f"the data directory cannot be used: {error}") from error


def _make_servers(data_dir: Path, servers: Path, account: Account | None) -> None:
    if account and not can_enter(account, data_dir):
        data_dir.chmod(stat.S_IMODE(data_dir.stat().st_mode) | 0o011)  # to pass through, not to list
    if can_enter(account, data_dir):
        servers.mkdir(mode=0o711)
        return
    ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="", dir=ELSEWHERE))
    root.chmod(0o711)
    _link(servers, root)


def _run_directory(root: Path, account: Account | None) -> Path:
    run = root / "run"
    if run.is_symlink():
        if _is_ours(run.resolve(), root, account):
            return run.resolve()
    elif len(os.fsencode(run / _LONGEST_SOCKET_NAME)) <= _LONGEST_SOCKET_PATH and "," not in str(run):
        run.mkdir(mode=0o700, exist_ok=True)
        if account:
            account.owns(run)
        return run
    elif run.is_dir():
        shutil.rmtree(run)  # the data directory was moved deeper; nothing but dead sockets in it
    short = Path(tempfile.mkdtemp(prefix="helpdesk-", dir="/tmp"))
    (short / "of").write_text(str(root))
    if account:
        account.owns(short)
    _link(run, short)
    return short


def _is_ours(run: Path, root: Path, account: Account | None) -> bool:
    """Whether the directory in `/tmp` is still there, closed to others, and not that of a copied data directory."""
    if not run.is_dir():
        return False
    found = run.stat()
    owner = account.uid if account else os.geteuid()
    is_private = found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o700
    note = run / "of"
    return is_private and note.is_file() and note.read_text() == str(root)


def _link(link: Path, target: Path) -> None:
    """Point the link at the target in one step, also when it pointed elsewhere."""
    draft = link.with_name(f".{link.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)
