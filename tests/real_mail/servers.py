"""Debian's dovecot and postfix from configurations of their own: high ports, loopback, nothing of the system's."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import msgspec

PASSWORD = "correct-horse"
NEEDED = {"dovecot": "dovecot-imapd dovecot-lmtpd", "doveadm": "dovecot-core", "postfix": "postfix"}
START_WITHIN = 20.0  # seconds

DOVECOT = """
base_dir = {run}
state_dir = {run}/state
log_path = {home}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
ssl = yes
ssl_cert = <{certificates}/server.pem
ssl_key = <{certificates}/server.key
auth_mechanisms = plain login xoauth2
mail_location = maildir:~/Maildir
recipient_delimiter = +
mail_max_userip_connections = 50
first_valid_uid = 1
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={mail}/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imap}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  unix_listener for-postfix {{
    mode = 0666
  }}
}}
"""
OAUTH = """
introspection_url = http://127.0.0.1:{provider}/introspect
introspection_mode = auth
username_attribute = username
active_attribute = active
active_value = true
"""
POSTFIX = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/postfix-data
maillog_file = {home}/postfix.log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.customer.test
mydestination =
local_recipient_maps =
alias_maps =
recipient_delimiter = +
virtual_mailbox_domains = helpdesk.test, customer.test
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
transport_maps = inline:{{ {{ pushed@helpdesk.test = lmtp:unix:{lmtp_socket} }} }}
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
smtpd_tls_cert_file = {certificates}/server.pem
smtpd_tls_key_file = {certificates}/server.key
smtpd_sasl_type = dovecot
smtpd_sasl_path = {run}/for-postfix
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
"""
SERVICES = """
127.0.0.1:{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Ports(msgspec.Struct, frozen=True):
    """`imap` speaks TLS from the first byte, `submission` wants STARTTLS and a sign-in."""

    imap: int
    lmtp: int
    submission: int


def missing() -> str:
    """How to install what is not here; "" when nothing is missing."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    absent = [package for program, package in NEEDED.items() if shutil.which(program, path=path) is None]
    return f"apt-get install --no-install-recommends {' '.join(absent)}" if absent else ""


class Servers:
    """Both, with a mailbox for every address at helpdesk.test and customer.test, whose password is PASSWORD; a token of the
    OAuth provider at `provider_port` opens its owner's."""

    def __init__(self, home: Path, certificates: Path, *, provider_port: int) -> None:
        self.home = home
        self.ports = Ports(*(_free_port() for _ in range(3)))
        self.lmtp_socket = home / "lmtp" / "socket"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
        is_root = os.geteuid() == 0
        self._values = {
            "home": home, "run": home / "run", "mail": home / "mail", "certificates": certificates, "password": PASSWORD,
            "lmtp_socket": self.lmtp_socket, "provider": provider_port, "user": "nobody" if is_root else getpass.getuser(),
            "group": "nogroup" if is_root else os.getgid(), **msgspec.structs.asdict(self.ports),
        }  # fmt: skip

    def start(self) -> None:
        for folder in ("run", "mail", "queue", "postfix-data", "lmtp", "postfix"):
            (self.home / folder).mkdir()
        (self.home / "mail").chmod(0o777)
        shutil.chown(self.home / "postfix-data", "postfix", "postfix")
        (self.home / "dovecot.conf").write_text(DOVECOT.format(**self._values))
        (self.home / "oauth2.conf").write_text(OAUTH.format(**self._values))
        (self.home / "postfix" / "main.cf").write_text(POSTFIX.format(**self._values))
        (self.home / "postfix" / "master.cf").write_text(SERVICES.format(**self._values))
        self._run("dovecot", "-F", "-c", str(self.home / "dovecot.conf"))
        self._run("postfix", "-c", str(self.home / "postfix"), "start-fg")
        for port in (self.ports.imap, self.ports.lmtp, self.ports.submission):
            _wait_for(port)

    def stop(self) -> None:
        """Each by its own command, which takes its children along; another installation is never meant."""
        for command in (
            ("doveadm", "-c", f"{self.home}/dovecot.conf", "stop"),
            ("postfix", "-c", f"{self.home}/postfix", "stop"),
        ):
            subprocess.run(command, env=self._environment, cwd="/", capture_output=True, timeout=30, check=False)
        for process in self._processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()

    def renumber(self, address: str, uid_validity: int) -> None:
        """Give the mailbox's folder another UIDVALIDITY and its mails other UIDs, as after a repair."""
        maildir = self.home / "mail" / address / "Maildir"
        for file in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (maildir / file).unlink(missing_ok=True)
        uids = maildir / "dovecot-uidlist"
        uids.write_text(f"3 V{uid_validity} N1 G{uid_validity:032x}\n")
        uids.chmod(0o666)

    def fill(self, address: str, mails: list[bytes]) -> None:
        """Lay the mails into the mailbox, faster than any protocol."""
        maildir = self.home / "mail" / address / "Maildir"
        for folder in ("new", "cur", "tmp"):
            (maildir / folder).mkdir(parents=True, exist_ok=True)
        for number, mail in enumerate(mails):
            (maildir / "new" / f"{int(time.time())}.{number:06d}.backlog").write_bytes(mail)
        if os.geteuid() == 0:
            for path in (self.home / "mail" / address, *(self.home / "mail" / address).rglob("*")):
                shutil.chown(path, "nobody", "nogroup")

    def _run(self, *command: str) -> None:
        log = (self.home / f"{command[0]}.out").open("wb")
        self._processes.append(subprocess.Popen(command, stdout=log, stderr=log, env=self._environment, cwd="/"))


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"nobody listens at port {port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
