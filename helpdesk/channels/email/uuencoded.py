"""Files that stand in the text itself, as before MIME: `begin 644 name`, lines of 45 bytes, `end`."""

import binascii
import re

MAX_FILES = 100

_BLOCK = re.compile(
    r"^begin [0-7]{3,4} ([^\n]{1,255})\n((?:[ -`][ -`]{0,90}[^\n]{0,4}\n)*?)(?:`|[ ])?\n?end[ \t]*$", re.MULTILINE
)


def take_out(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text without such files, and the files with their names; what does not decode stays in the text."""
    if "begin " not in text:
        return text, []
    files: list[tuple[str, bytes]] = []

    def taken(found: re.Match[str]) -> str:
        content = _decoded(found[2]) if len(files) < MAX_FILES else None
        if not content:
            return found.group()
        files.append((found[1].strip(), content))
        return ""

    return _BLOCK.sub(taken, text), files


def _decoded(block: str) -> bytes | None:
    out: list[bytes] = []
    for line in block.splitlines():
        if not line or line[0] in "` ":
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except (binascii.Error, ValueError):
            # Some encoders write a character too many: as many count as the length at the front asks for.
            letters = ((ord(line[0]) - 32 & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:letters]))
            except (binascii.Error, ValueError):
                return None
    return b"".join(out)
