"""What does not work, in the reader's words: the errors of mail servers, providers and deliveries, and what `/readyz` warns of.

They are kept and logged in plain English, which scripts and the doctor read; a server's own words stay as they are.
"""

import re

from helpdesk.console.reasons import by_pattern
from helpdesk.kernel.language import N_

_PATTERNS = [
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"No outgoing mail server is configured: set HELPDESK_SMTP_URL\.", N_("No outgoing mail server is configured: set HELPDESK_SMTP_URL.")),
        (r"The database was away before the mail could leave\.", N_("The database was away before the mail could leave.")),
        (r"The mail cannot be written: (?P<error>.+)", N_("The mail cannot be written: %(error)s")),
        (r"An attachment cannot be read: (?P<error>.+)", N_("An attachment cannot be read: %(error)s")),
        (r"the mail server took longer than (?P<number>\d+) s", N_("The mail server took longer than %(number)s seconds.")),
        (r"the attempt failed: (?P<error>.+)", N_("The attempt failed: %(error)s")),
        (r"bounced: (?P<error>.+)", N_("It came back: %(error)s")),
        (r"there is no recipient", N_("The mail has no recipient.")),
        (r"sealed with another HELPDESK_SECRET_KEY: .+", N_("It is sealed with another HELPDESK_SECRET_KEY: enter the secret again, or put the old key back.")),
        (r"the user name, password or folder contains a line break", N_("The user name, password or folder contains a line break.")),
        (r"not connected", N_("The mailbox is not connected.")),
        (r"the folder (?P<folder>.+) cannot be opened: (?P<error>.*)", N_("The folder %(folder)s cannot be opened: %(error)s")),
        (r"the server gives no UIDVALIDITY, so .+", N_("The server gives no UIDVALIDITY, so mails cannot be told apart.")),
        (r"the server refused (?P<command>UID \w+|IDLE): (?P<error>.*)", N_("The server refused %(command)s: %(error)s")),
        (r"(?P<server>\S+): its certificate is not trusted: (?P<error>.+)", N_("The certificate of %(server)s is not trusted: %(error)s")),
        (r"(?P<server>\S+): no TLS connection \((?P<error>.+)\); is it another port, or STARTTLS\?", N_("No TLS connection to %(server)s (%(error)s). Is it another port, or STARTTLS?")),
        (r"(?P<server>\S+): there is no server of this name", N_("There is no server of the name %(server)s.")),
        (r"(?P<server>\S+): no answer in time", N_("%(server)s did not answer in time.")),
        (r"(?P<server>\S+): nobody listens there", N_("Nobody listens at %(server)s.")),
        (r"(?P<server>\S+): the user may only read the folder, .+", N_("At %(server)s the user may only read the folder, and not mark what was taken in.")),
        (r"(?P<server>\S+): the connection broke off: (?P<error>.+)", N_("The connection to %(server)s broke off: %(error)s")),
        (r"(?P<server>\S+) refused the sign-in \((?P<error>.*)\): check the user name and the password", N_("%(server)s refused the sign-in (%(error)s). Check the user name and the password.")),
        (r"(?P<server>\S+) refused the sign-in \((?P<error>.*)\): connect the mailbox again", N_("%(server)s refused the sign-in (%(error)s). Connect the mailbox again.")),
        (r"(?P<error>\w+); the log says more", N_("An error of the helpdesk (%(error)s); its log says more.")),
        (r"the provider gave no refresh token: .+", N_("The provider gave no refresh token: allow offline access for this client there.")),
        (r"nobody has given permission(?:: connect the mailbox again)?", N_("Nobody has given permission. Connect the mailbox.")),
        (r"the provider cannot be reached \((?P<error>.+)\): it is tried again", N_("The provider cannot be reached (%(error)s). It is tried again.")),
        (r"the provider answered (?P<number>\d+) without saying why", N_("The provider answered %(number)s without saying why.")),
        (r"the token address is not asked \((?P<error>.+)\): .+", N_("The token address is not asked (%(error)s). Whoever runs the helpdesk may name its host in HELPDESK_OUTBOUND_HOSTS.")),
        (r"the provider's answer holds no token", N_("The provider's answer holds no token.")),
        (r"the provider no longer accepts the permission it gave \((?P<error>.*)\)(?:: connect the mailbox again)?", N_("The provider no longer accepts the permission it gave (%(error)s). Connect the mailbox again.")),
        (r"the provider does not accept the client ID or secret \((?P<error>.*)\): check both", N_("The provider does not accept the client ID or secret (%(error)s). Check both.")),
        (r"the provider refused: (?P<why>.+)", N_("The provider refused: %(why)s")),
        (r"the database's clock differs from ours by (?P<number>-?[\d.]+) s", N_("The database's clock differs from ours by %(number)s seconds.")),
        (r"promised times are not watched until it runs evenly for a minute: the database's clock went back by (?P<number>\d+) s", N_("The database's clock went back by %(number)s seconds: promised times are not watched until it runs evenly for a minute.")),
        (r"promised times are not watched until it runs evenly for a minute: the database's clock jumped ahead by (?P<number>\d+) s", N_("The database's clock jumped ahead by %(number)s seconds: promised times are not watched until it runs evenly for a minute.")),
        (r"the index of articles is being built: (?P<done>\d+) of (?P<total>\d+)", N_("The index of articles is being built: %(done)s of %(total)s.")),
        (r"the index of articles is not up to date: (?P<error>.+)", N_("The index of articles is not up to date: %(error)s")),
        (r"the index of articles is (?P<number>\d+) changes behind, by (?P<seconds>\d+) s: .+", N_("The index of articles is behind by %(number)s changes and %(seconds)s seconds. Look whether a scheduler runs on this machine.")),
        (r"fetched mailboxes that need attention: (?P<number>\d+); .+", N_("Mailboxes whose fetching needs attention: %(number)s. Their pages say why.")),
        (r"cannot be used \((?P<error>\w+)\)", N_("cannot be used (%(error)s)")),
        (r"(?P<number>\d+) to apply: run `helpdesk migrate`", N_("%(number)s to apply: run `helpdesk migrate`")),
    )
]  # fmt: skip


def told(trouble: str) -> str:
    """The trouble as a sentence; one that is not known stands as it is."""
    return by_pattern(trouble, _PATTERNS) or trouble
