"""The rich text of Outlook: unpacked, and as the HTML that it was made from where it was (MS-OXRTFEX), else as plain text."""

import re
from html import escape

from compressed_rtf import decompress
from striprtf.striprtf import rtf_to_text

from helpdesk.channels.email.charsets import decode

MAX_COMPRESSED = 256 * 1024
_MAX_TOKENS = 500_000

_TOKEN = re.compile(
    r"\\(?:(?P<word>[a-z]{1,32})(?P<number>-?\d{1,10})? ?|'(?P<byte>[0-9a-f]{2})|(?P<sign>[^a-z]))|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)",
    re.IGNORECASE,
)
_SAID = {
    "par": "\r\n", "line": "\r\n", "tab": "\t", "lquote": "&lsquo;", "rquote": "&rsquo;", "ldblquote": "&ldquo;", "rdblquote": "&rdquo;",
    "bullet": "&bull;", "endash": "&ndash;", "emdash": "&mdash;",
}  # fmt: skip
_SIGNS = {"~": "&nbsp;", "_": "&shy;", "{": "{", "}": "}", "\\": "\\"}
_HIDDEN = {"fonttbl", "colortbl", "stylesheet", "info", "pntext", "pict", "listtable", "listoverridetable"}


def read_rtf(compressed: bytes) -> tuple[str, str]:
    """The text and the HTML of a compressed RTF body, one of them empty; both when it cannot be read."""
    if not 16 < len(compressed) <= MAX_COMPRESSED:
        return "", ""
    try:
        rtf = decompress(compressed).decode("latin-1")
    except Exception:  # the library says no more than Exception about what is broken
        return "", ""
    if re.search(r"\\fromhtml1?(?!\d)", rtf[:4096]):
        return "", _html(rtf)
    try:
        return rtf_to_text(rtf, errors="replace").strip("\n"), ""
    except (ValueError, LookupError, RecursionError):
        return "", ""


def _html(rtf: str) -> str:
    """The HTML inside: what `\\*\\htmltag` groups hold, and the text between them unless `\\htmlrtf` hides it."""
    charset = f"cp{found[1]}" if (found := re.search(r"\\ansicpg(\d{3,5})", rtf[:4096])) else "cp1252"
    out: list[str] = []
    bytes_: list[str] = []
    stack: list[tuple[str, int]] = []
    mode, skips = "text", 1  # text, tag, hidden; how many letters stand for one of \u
    is_rtf_only, is_starred, to_skip = False, False, 0
    for count, token in enumerate(_TOKEN.finditer(rtf)):
        if count == _MAX_TOKENS:
            break
        word, number, brace = token["word"], token["number"], token["brace"]
        if bytes_ and not token["byte"]:
            out.append(_decoded(bytes_, charset, mode))
            bytes_.clear()
        if brace == "{":
            stack.append((mode, skips))
        elif brace == "}":
            mode, skips = stack.pop() if stack else ("text", 1)
        elif word == "htmlrtf":
            is_rtf_only = number != "0"
        elif word == "htmltag" and is_starred:
            mode = "tag"
        elif is_starred or word in _HIDDEN:
            mode = "hidden"
        elif is_rtf_only or mode == "hidden":
            continue
        elif word == "uc":
            skips = int(number or 1)
        elif word == "u" and number:
            out.append(escape(chr(int(number) % 65536)))
            to_skip = skips
        elif word:
            out.append(_SAID.get(word, ""))
        elif to_skip and (token["byte"] or token["text"]):
            shown = (token["text"] or "")[to_skip:]
            to_skip = max(to_skip - len(token["text"] or "x"), 0)
            out.append(shown if mode == "tag" else escape(shown, quote=False))
        elif token["byte"]:
            bytes_.append(token["byte"])
        elif token["sign"]:
            out.append(_SIGNS.get(token["sign"], ""))
        elif token["text"]:
            out.append(token["text"] if mode == "tag" else escape(token["text"], quote=False))
        is_starred = token["sign"] == "*"
    return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _decoded(bytes_: list[str], charset: str, mode: str) -> str:
    text = decode(bytes.fromhex("".join(bytes_)), charset)[0]
    return text if mode == "tag" else escape(text, quote=False)
