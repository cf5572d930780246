"""Plain text as HTML: escaped, in paragraphs that each find their own direction, with safe links."""

import html
import re

_RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}
_LINK = re.compile(r"\bhttps?://[^\s<>\"'`{}|\\^\u200e\u200f\u202a-\u202e\u2066-\u2069]+", re.IGNORECASE)
_AFTER_A_LINK = ".,;:!?،؛؟»…*_~'\""
_PAIRS = {")": "(", "]": "[", "»": "«"}


def is_right_to_left(language: str) -> bool:
    """Whether a language (`fa`, `fa-IR`) is written from right to left."""
    return language.lower().replace("_", "-").partition("-")[0] in _RIGHT_TO_LEFT


def text_to_html(text: str) -> str:
    """The text as HTML paragraphs, safe to show: a blank line ends a paragraph, http(s) links can be clicked."""
    return paragraphs(text, link=True)


def paragraphs(text: str, *, link: bool = False) -> str:
    """The text as HTML paragraphs with `dir="auto"`; without `link` nothing in it can be clicked."""
    blocks = re.split(r"\n[ \t]*(?:\n[ \t]*)+", "\n".join(text.splitlines()).strip("\n"))
    return "\n".join(f'<p dir="auto">{_lines(block, link)}</p>' for block in blocks if block.strip())


def _lines(block: str, link: bool) -> str:
    marked = _linked(block) if link else html.escape(block)
    return marked.replace("\n", "<br>\n")


def _linked(text: str) -> str:
    shown, position = [], 0
    for found in _LINK.finditer(text):
        url = _without_trailing_marks(found.group())
        end = found.start() + len(url)
        shown.append(html.escape(text[position : found.start()]))
        shown.append(
            f'<a href="{html.escape(url)}" target="_blank" rel="noopener noreferrer nofollow">{html.escape(url)}</a>'
        )
        position = end
    return "".join(shown) + html.escape(text[position:])


def _without_trailing_marks(url: str) -> str:
    """Full stops, brackets that were opened before the link and the like belong to the sentence."""
    while url and (url[-1] in _AFTER_A_LINK or (url[-1] in _PAIRS and url.count(url[-1]) > url.count(_PAIRS[url[-1]]))):
        url = url[:-1]
    return url
