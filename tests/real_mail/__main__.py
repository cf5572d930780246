"""`make mail-servers`: the product between Debian's dovecot and postfix, end to end. Red when anything is lost or double.

Needs root, as postfix does, and the two packages.
"""

import asyncio
import os
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable
from pathlib import Path

os.environ["HELPDESK_SECRET_KEY"] = "only-for-chaos"  # with which the passwords of mailboxes are sealed here

from tests.certificates import a_certificate
from tests.oauth_provider import Provider, oauth_provider
from tests.real_mail import scenes
from tests.real_mail.people import MailProgram
from tests.real_mail.product import Product
from tests.real_mail.scenes import Stage
from tests.real_mail.servers import Servers, missing

SCENES: list[tuple[str, Callable[[Stage], Awaitable[str]]]] = [
    ("IMAP with IDLE to a ticket", scenes.idle_to_ticket),
    ("reply by submission, answer joins", scenes.there_and_back),
    ("OAuth in and out", scenes.by_oauth),
    ("LMTP from postfix", scenes.pushed),
    ("somebody else reads first", scenes.read_by_others),
    ("kill -9 between store and flag", scenes.killed_between),
    ("UIDVALIDITY changes", scenes.numbered_anew),
    ("backlog, stopped and resumed", scenes.backlog),
]


async def run(home: Path, provider: Provider, *, backlog: int, kills: int) -> bool:
    """Play all scenes on one stage; whether all went well."""
    certificates = home / "certificates"
    certificates.mkdir()
    authority = a_certificate(certificates).authority
    servers = Servers(home, certificates, provider_port=provider.port)
    product = Product(home, servers, authority, provider)
    failed = 0
    try:
        servers.start()
        await product.start()
        dora = MailProgram("dora@customer.test", servers.ports, authority)
        support = MailProgram("support@helpdesk.test", servers.ports, authority)
        channel = await product.fetch_mailbox("support@helpdesk.test")
        await product.listening(channel)
        stage = Stage(
            product=product,
            servers=servers,
            dora=dora,
            support=support,
            provider=provider,
            channel=channel,
            backlog=backlog,
            kills=kills,
        )
        for name, play in SCENES:
            began = time.monotonic()
            try:
                said, verdict = await play(stage), "ok"
            except Exception as error:
                said, verdict, failed = f"{type(error).__name__}: {error}", "FAILED", failed + 1
            print(f"{verdict:<7}{name:<36}{time.monotonic() - began:7.1f} s  {said}", flush=True)
    finally:
        await product.stop()
        servers.stop()
    print(f"{len(SCENES) - failed} passed, {failed} failed")
    return not failed


async def _run(home: Path, *, backlog: int, kills: int) -> bool:
    async with oauth_provider() as provider:
        return await run(home, provider, backlog=backlog, kills=kills)


def main() -> int:
    options = ArgumentParser(prog="make mail-servers", description=__doc__)
    options.add_argument("--backlog", type=int, default=5000, help="mails that lie in a mailbox at the beginning")
    options.add_argument("--kills", type=int, default=5, help="of the scheduler, while mails wait to be marked")
    options.add_argument("--keep", action="store_true", help="keep the servers' logs")
    asked = options.parse_args()
    if install := missing():
        print(f"dovecot and postfix are needed: {install}", file=sys.stderr)
        return 2
    if os.geteuid() != 0:
        print("postfix starts as root alone: run this as root, in a container for example", file=sys.stderr)
        return 2
    home = Path(tempfile.mkdtemp(prefix="mail-"))  # short: unix sockets have short names
    home.chmod(0o755)
    is_well = asyncio.run(_run(home, backlog=asked.backlog, kills=asked.kills))
    if asked.keep or not is_well:
        print(f"logs: {home}")
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
