"""The account that the private servers run under.

PostgreSQL refuses to run as root, so root gives its rights up to an account with an entry in the password
file (PostgreSQL looks its own name up): the one that already owns the database, otherwise `nobody`.
An ordinary user stays what it is.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpdesk.kernel.errors import ConfigurationError

_NOBODY = "nobody"


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)


def account_for(database: Path) -> Account | None:
    """Who the servers of this database directory (which need not exist) must become; None to stay.

    Raises ConfigurationError when there is no account that PostgreSQL would accept.
    """
    if os.geteuid() != 0:
        _check_own_entry()
        return None
    try:
        owner = database.stat().st_uid if database.exists() else 0
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam(_NOBODY)
    except KeyError as error:
        raise ConfigurationError(
            f"PostgreSQL does not run as root, and there is no account to run it under ({error.args[0]}); "
            f"start helpdesk as an ordinary user"
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def rights(account: Account | None) -> dict[str, Any]:
    """The arguments of `subprocess` that give the child this account, a bare environment and no place to hold on to."""
    dropped = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    return {"env": {"PATH": "/usr/local/bin:/usr/bin:/bin"}, "cwd": "/", **dropped}


def can_enter(account: Account | None, directory: Path) -> bool:
    test = ["test", "-x", str(directory)]
    return account is None or subprocess.run(test, check=False, **rights(account)).returncode == 0


def can_run(account: Account | None, program: Path) -> bool:
    """Whether the account may execute the program and load its libraries."""
    try:
        ran = subprocess.run([program, "--version"], check=False, capture_output=True, **rights(account))
    except OSError:
        return False
    return ran.returncode == 0


def _check_own_entry() -> None:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise ConfigurationError(
            f"user {os.geteuid()} has no entry in the password file, which PostgreSQL needs; "
            f"add one, or set HELPDESK_DATABASE_URL and HELPDESK_REDIS_URL"
        ) from error
