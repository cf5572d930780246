"""A link of a mail cannot pretend to lead somewhere else."""

import pytest

from helpdesk.channels.email.link_targets import show_targets
from helpdesk.channels.email.sanitising import present, sanitise


def shown(html: str) -> str:
    return show_targets(present(sanitise(html).html, image_url=lambda cid: None, allow_remote=False))


@pytest.mark.parametrize(
    ("words", "target", "marked"),
    [
        ("https://bank.example/login", "https://evil.example/x", "evil.example"),
        ("bank.example", "https://bank.example.evil.test/", "bank.example.evil.test"),
        ("<b>www.bank</b>.example", "http://10.0.0.7/", "10.0.0.7"),
        ("bank\u200b.example", "https://evil.example", "evil.example"),
        ("https://bank.example", "https://bank.example@evil.example/", "evil.example"),
        ("https://bank.example", r"https://evil.example\@bank.example/", "evil.example"),
        ("https://bank.example", "https://[evil", ""),
        ("help@bank.example", "mailto:help@evil.example", "evil.example"),
        ("bank.example", "https://b\u0430nk.example/", "xn--bnk-6cd.example"),
        ("بانک.example", "https://evil.example/", "evil.example"),
        ("bank.example.", "https://bank.example/", ""),
        ("https://bank.example/a", "https://www.bank.example/b", ""),
        ("bank.example", "https://help.bank.example/", ""),
        ("Sign in here", "https://evil.example/", ""),
        ("version 2.0", "https://evil.example/", ""),
        ("help@bank.example", "mailto:help@bank.example?subject=x", ""),
        ("+1 555 0100", "tel:+15550100", ""),
    ],
)  # fmt: skip
def test_words_that_name_another_host_get_the_real_one_beside_them(words: str, target: str, marked: str) -> None:
    html = shown(f'<p><a href="{target}">{words}</a></p>')

    assert ("real-target" in html) == bool(marked)
    assert not marked or f'dir="ltr">{marked}</bdi></p>' in html


def test_every_link_says_where_it_leads_and_no_title_of_the_mail_says_otherwise() -> None:
    html = shown('<a href="https://evil.example/?a=1&amp;b=2" title="https://bank.example">Sign in</a>')

    assert 'title="https://evil.example/?a=1&amp;b=2"' in html
    assert "bank.example" not in html


def test_a_mail_cannot_write_the_mark_itself() -> None:
    assert "real-target" not in shown(
        '<a href="https://evil.example/">x</a> <bdi class="real-target">bank.example</bdi>'
    )


def test_a_mail_of_ten_thousand_links_is_shown_quickly_and_whole() -> None:
    links = '<a href="https://evil.example/">bank.example</a>' * 10_000
    assert shown(links).count("real-target") == 10_000
