import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.email.parsing import parse
from helpdesk.channels.email.sanitising import present, sanitise
from helpdesk.channels.email.styles import safe_style

MAILS = Path(__file__).parents[2] / "mails"


def shown(html: str, *, allow_remote: bool = False) -> str:
    return present(sanitise(html).html, image_url=lambda cid: f"/parts/{cid}", allow_remote=allow_remote)


def test_a_hostile_mail_is_only_words_and_colours():
    html = parse((MAILS / "hostile-html.eml").read_bytes()).html
    assert html
    safe = sanitise(html)

    assert safe.has_remote_images
    assert re.findall(r"<(\w+)", safe.html) == ["p", "div", "a", "img"]
    for gone in ("script", "onclick", "position", "javascript", "evil.example", "//tracker"):
        assert gone not in safe.html
    for kept in ("Hello", "cover", "color:red", "link", "go"):
        assert kept in safe.html


@pytest.mark.parametrize(
    "html",
    [
        '<div dir="rtl" lang="fa">سلام</div>',
        '<p style="color:#c00;text-align:right;direction:rtl">x</p>',
        '<table border="1" cellpadding="4" style="border-collapse:collapse"><tbody><tr><td bgcolor="#eee" colspan="2">x</td></tr></tbody></table>',
        '<a href="https://a.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">x</a>',
        '<a href="mailto:a@b.example" rel="noopener noreferrer nofollow">x</a>',
        '<img src="cid:a@b" alt="logo" width="20">',
        "<ul><li>x</li></ul>",
        '<font color="#333333" size="2">x</font>',
    ],
)
def test_the_look_of_a_mail_is_kept(html: str):
    assert sanitise(html).html == html


@pytest.mark.parametrize(
    "html",
    [
        '<p id="a" class="b" data-x="1" hx-get="/x" x-on:click="y" onclick="z" name="n">x</p>',
        '<p style="position:fixed;opacity:0;visibility:hidden;z-index:9;display:none;font-size:0;transform:scale(9)">x</p>',
        '<p style="background:url(https://t.example/x)">x</p>',
        '<p style="width:99999px;margin:-500px">x</p>',
        '<p style="col\\6fr:red;color:transparent;color:rgba(0,0,0,0)">x</p>',
        "<p><!-- comment --><![if mso]>x</p>",
    ],
)
def test_what_hides_covers_moves_or_is_read_by_our_pages_goes(html: str):
    assert sanitise(html).html == "<p>x</p>"


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "/console/tickets",
        "//a.example",
        "file:///etc",
        "#x",
        "java\tscript:x",
    ],
)
def test_links_lead_only_to_the_web_mail_and_telephone(href: str):
    assert "href" not in sanitise(f'<a href="{href}">x</a>').html


@pytest.mark.parametrize(
    "image",
    [
        '<img src="https://t.example/a.gif">',
        '<img src="//t.example/a.gif">',
        '<img src="HTTP://t.example/a.gif">',
        '<img src=" \thttps://t.example/a.gif">',
        '<img src="https:\\\\t.example\\a.gif">',
        '<img src="/\\t.example/a.gif">',
        '<table background="https://t.example/a.gif"><tr><td>x</td></tr></table>',
    ],
)
def test_remote_images_wait_for_consent(image: str):
    safe = sanitise(image)

    assert safe.has_remote_images
    assert not re.search(r'="(?:https?:)?[/\\]{2}', safe.html, re.IGNORECASE)
    assert "t.example" not in shown(image)
    assert re.search(r'(?:src|background)="https?:', shown(image, allow_remote=True), re.IGNORECASE)


@pytest.mark.parametrize(
    "html",
    [
        '<img srcset="https://t.example/a 1x" alt="x">',
        '<p style="background-image:url(//t.example/a)">x</p>',
        '<video poster="https://t.example/a"></video>',
        '<input type="image" src="https://t.example/a">',
        '<link rel="stylesheet" href="https://t.example/a">',
        "<style>@import 'https://t.example/a'</style>",
        '<svg><image href="https://t.example/a"/></svg>',
        '<object data="https://t.example/a"></object>',
        '<body background="https://t.example/a">',
    ],
)
def test_other_ways_to_load_something_are_gone_even_with_consent(html: str):
    assert "t.example" not in shown(html, allow_remote=True)


def test_inline_images_get_the_address_of_their_part():
    html = '<img src="cid:a%40b" alt="x"><img src="CID:c"><img src="cid:a@b">'

    assert sanitise(html).cids == ["a@b", "c"]
    assert shown(html).count('src="/parts/a@b"') == 2


def test_an_inline_image_that_is_not_there_loads_nothing():
    safe = sanitise('<img src="cid:gone" alt="logo">').html

    assert present(safe, image_url=lambda cid: None, allow_remote=True) == '<img alt="logo">'


def test_text_that_looks_like_our_marks_stays_text():
    html = '<p>write src="blocked:x" or src="cid:y"</p>'

    assert shown(html, allow_remote=True) == html


def test_links_open_their_own_window_and_tell_no_referrer():
    assert shown('<a href="https://a.example" target="_top">x</a>') == (
        '<a target="_blank" href="https://a.example" rel="noopener noreferrer nofollow">x</a>'
    )
    assert 'referrerpolicy="no-referrer"' in shown('<img src="https://a.example/x">', allow_remote=True)


def test_an_address_cannot_break_out_of_its_attribute():
    html = """<img src='https://a.example/" onerror="alert(1)'>"""

    assert 'onerror="' not in shown(html, allow_remote=True)
    assert 'onerror="' not in present(
        sanitise("<img src='cid:x'>").html, image_url=lambda _: '"onerror="', allow_remote=False
    )


def test_a_bomb_becomes_its_words():
    assert sanitise("<div>" * 50_000 + "word").html.count("word") == 1
    assert "word" in sanitise("<p " + "a=1 " * 50_000 + ">word").html


@pytest.mark.parametrize(
    ("style", "safe"),
    [
        ("COLOR: Red", "color:Red"),
        ("color:red!important", "color:red"),
        ("background:#fff", "background-color:#fff"),
        ("background:#fff url(x)", ""),
        ("font-family:'Segoe UI', Tahoma", "font-family:'Segoe UI', Tahoma"),
        ("padding:0 4px;margin:0 auto", "padding:0 4px;margin:0 auto"),
        ("border:1px solid rgb(1, 2, 3)", "border:1px solid rgb(1, 2, 3)"),
        ("width:100%;width:101%;height:5000px", "width:100%"),
        ("font-size:12pt;line-height:1.6", "font-size:12pt;line-height:1.6"),
        ("font-size:1px;line-height:0", ""),
        ("color:/**/red;c/**/olor:blue", "color:red"),
        ("color:expression(alert(1));-moz-binding:url(x)", ""),
        ("--x:red;color:var(--x)", ""),
        ("}p{color:red", ""),
    ],
)
def test_styles_are_kept_by_a_list(style: str, safe: str):
    assert safe_style(style) == safe
    assert safe_style(safe) == safe


FRAGMENTS = st.sampled_from(
    ["<p>", "</p>", "<b", "<img src=", "cid:a", "https://x", "//x", '"', "'", ">", "<", "style=", "color:red", ";", "<table>", "<td>", "&quot;", "<!--", "-->", "<a href=", "<svg>", "<math>", "</", "x", "سلام", " ", "\n", "blocked:", "%3C", "<style>", "<title>"]
)  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=30).map("".join))
def test_sanitising_twice_is_sanitising_once(html: str):
    once = sanitise(html).html

    assert sanitise(once).html == once
