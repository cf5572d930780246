"""What people of ours write with formatting: its plain words, what of it a page shows in place, and how mails carry it."""

import re
from html import escape
from typing import cast

import msgspec
import nh3
from lxml import html as trees
from lxml.html import HtmlElement

from helpdesk.channels.email.html_reading import BLOCKS, html_to_text
from helpdesk.channels.email.html_text import is_right_to_left
from helpdesk.channels.email.sanitising import cids_shown, sanitise

LONGEST_HTML = 500_000
_TAGS = {"p", "div", "br", "b", "strong", "i", "em", "a", "ul", "ol", "li", "blockquote", "code", "pre", "img"}
_ATTRIBUTES = {"*": {"dir"}, "a": {"href"}, "img": {"src", "alt", "width", "height"}, "ol": {"start"}}
_LOOKS = {
    "ul": "margin:4px 0;padding:0 28px",
    "ol": "margin:4px 0;padding:0 28px",
    "blockquote": "margin:4px 0;padding-inline-start:12px;border-inline-start:3px solid #d1d5db",
    "pre": "margin:4px 0;padding:8px 12px;background-color:#f3f4f6;border-radius:6px;white-space:pre-wrap;font-family:monospace",
    "code": "font-family:monospace",
}
_LETTER = re.compile(r"[^\W\d_]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


class WrittenHtml(msgspec.Struct, frozen=True):
    """Safe HTML of the few tags that the editor knows, its plain words, and the Content-IDs of its images."""

    html: str
    text: str
    cids: set[str]


def read_written(html: str) -> WrittenHtml:
    """What came from the editor. The words are made of what is shown, so nobody reads one thing and is sent another."""
    simple = _simplified(sanitise(html).html)
    return WrittenHtml(simple, html_to_text(simple, in_full=True), cids_shown(simple))


def is_simple(html: str) -> bool:
    """Whether sanitised HTML has nothing but what the editor writes: it can stand in a page of ours, without a frame."""
    return _simplified(html) == html


def _simplified(safe: str) -> str:
    def keep(_tag: str, name: str, value: str) -> str | None:
        return value if name != "src" or value.startswith("cid:") else None

    return nh3.clean(
        safe, tags=_TAGS, attributes=_ATTRIBUTES, attribute_filter=keep, url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
    )  # fmt: skip


def for_mail(html: str, language: str) -> str:
    """Safe HTML as mail programs need it: they know no `dir="auto"`, nor an alignment that follows from the direction.

    Each block that finds its own direction gets the one of its first letter; without letters, that of the block before.
    """
    # What is quoted may be as deep as the sanitiser lets it be, and lies deeper here.
    parser = trees.HTMLParser(huge_tree=True)
    root = cast("HtmlElement", trees.fragment_fromstring(html, create_parent=True, parser=parser))
    last = "rtl" if is_right_to_left(language) else "ltr"
    for element in root.iterdescendants():
        if not isinstance(element.tag, str):
            continue
        looks = _LOOKS.get(element.tag, "") if not element.get("style") else ""
        if element.get("dir") == "auto":
            last = direction_of(element.text_content()) or last
            element.set("dir", last)
        if element.get("dir") and element.tag in BLOCKS and not element.get("align"):
            looks = f"{looks};text-align:{'right' if element.get('dir') == 'rtl' else 'left'}".lstrip(";")
        if looks:
            own = (element.get("style") or "").rstrip("; ")
            element.set("style", f"{looks};{own}" if own else looks)
    return escape(root.text or "", quote=False) + "".join(
        cast("str", trees.tostring(child, encoding="unicode")) for child in root
    )


def direction_of(text: str) -> str | None:
    """`rtl` or `ltr` by the first letter, None without one."""
    letter = _LETTER.search(text)
    return None if letter is None else "rtl" if _RIGHT_TO_LEFT.match(letter.group()) else "ltr"
