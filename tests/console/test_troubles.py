"""Troubles are kept in English and told in the reader's language."""

import ast
from pathlib import Path

import pytest

from helpdesk.channels.email import fetching, oauth, transports
from helpdesk.console.troubles import told
from helpdesk.kernel.language import speaking

RAISED = {"CannotFetch", "NoToken", "Withdrawn"}


def _texts(module: object) -> list[str]:
    """What the module's errors say, with its constants and 1 for every other part that is filled in."""
    found = []
    for node in ast.walk(ast.parse(Path(str(getattr(module, "__file__", ""))).read_text())):
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED and node.args
        ):
            continue
        match node.args[0]:
            case ast.Constant(value=str(text)):
                found.append(text)
            case ast.JoinedStr(values=parts):
                found.append("".join(_part(module, part) for part in parts))
    return [text for text in found if any(letter.isalpha() for letter in text.removesuffix(oauth.CONNECT_AGAIN))]


def _part(module: object, part: ast.expr) -> str:
    match part:
        case ast.Constant(value=text):
            return str(text)
        case ast.FormattedValue(value=ast.Name(id=name)):
            return str(getattr(module, name, 1))
        case _:
            return "1"


@pytest.mark.parametrize("text", [*_texts(fetching), *_texts(oauth), transports.NO_SERVER])
def test_every_error_of_fetching_and_signing_in_has_words_in_persian(text: str) -> None:
    with speaking("fa"):
        words = told(text)
    assert words != text
    assert "\u0600" <= words[0] <= "\u06ff", "its first letter sets its direction"


def test_the_parts_stay_and_what_a_server_says_is_left_alone() -> None:
    with speaking("fa"):
        assert "imap.test:993" in told("imap.test:993: its certificate is not trusted: it has expired")
        assert "has expired" in told("imap.test:993: its certificate is not trusted: it has expired")
        assert "[AUTH] no" in told("imap.test refused the sign-in ([AUTH] no): connect the mailbox again")
        assert told("the mail server took longer than 30 s").count("۳۰") == 1
        assert told("bounced: 5.1.1 dora@customer.test") == "برگشت خورد: 5.1.1 dora@customer.test"
        assert told("550 5.1.1 no such user") == "550 5.1.1 no such user"
        assert told("") == ""
    assert told("imap.test: there is no server of this name") == "There is no server of the name imap.test."
