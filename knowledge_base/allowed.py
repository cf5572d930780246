"""The elements, attributes and addresses that an article may hold: what its editor writes, and nothing that loads from elsewhere.

Images are files of the knowledge base (`/help/files/7`).
"""

import re

CALLOUTS = ("note", "tip", "warning", "danger")
HEADINGS = ("h2", "h3", "h4")
MARKS = frozenset({"a", "strong", "em", "s", "sub", "sup", "kbd", "code"})
"""Elements around words."""

TAGS = {
    *HEADINGS, *MARKS, "p", "ul", "ol", "li", "blockquote", "pre", "hr", "br", "table", "thead", "tbody", "tr", "th", "td", "div", "img",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"dir"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "class"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "div": {"class"},
    "code": {"class"},
}
GONE_WITH_CONTENT = {"script", "style", "title", "template", "iframe", "noembed", "noframes", "xmp", "textarea", "select"}  # fmt: skip

_LINK = re.compile(r"https?://[^\s/]|mailto:|tel:|/(?![/\\])|#", re.IGNORECASE)
_LONGEST_LINK, _LONGEST_ALT = 2_000, 500
_FILE = re.compile(r"/help/files/[1-9]\d{0,8}")
_NUMBER = re.compile(r"[1-9]\d{0,3}")
_SPAN = re.compile(r"[1-9]\d?")
_CLASSES = {
    "ol": re.compile("steps"),
    "div": re.compile(f"callout (?:{'|'.join(CALLOUTS)})"),
    "code": re.compile(r"language-[a-z0-9+#-]{1,20}"),
}


def kept(tag: str, name: str, value: str) -> str | None:
    """The value of an allowed attribute as it is kept; None when it goes."""
    value = value.strip()
    match name:
        case "class":
            return value if _CLASSES[tag].fullmatch(value) else None
        case "href":
            return value if _LINK.match(value) and len(value) <= _LONGEST_LINK else None
        case "src":
            return value if _FILE.fullmatch(value) else None
        case "dir":
            return value.lower() if value.lower() in ("ltr", "rtl") else None
        case "alt":
            return value[:_LONGEST_ALT]
        case "colspan" | "rowspan":
            return value if _SPAN.fullmatch(value) else None
        case _:
            return value if _NUMBER.fullmatch(value) else None
