"""What differs between two versions, to be read by people: by paragraphs, and within those that changed by words.

Compared is the Markdown, so that a heading that became a line of bold, or another address of a link, is seen as well.
"""

import re
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from knowledge_base.markdown import from_html

AROUND = 1
"""So many unchanged paragraphs are shown beside what changed."""
MOST_WORDS = 3_000
ALIKE = 0.4
"""From here on a paragraph counts as changed; below, as one that went and one that came."""

Kind = Literal["same", "added", "removed"]
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_FENCE = re.compile(r"\s*(?:> ?)*(`{3,})")


class Part(msgspec.Struct, frozen=True):
    kind: Kind
    text: str


class Block(msgspec.Struct, frozen=True):
    """A paragraph: as it was and is, word by word. `skipped` unchanged ones stand in its place when it has no parts."""

    parts: list[Part] = []
    skipped: int = 0

    @property
    def kind(self) -> str:
        kinds = {one.kind for one in self.parts}
        return kinds.pop() if len(kinds) == 1 else "changed" if kinds else "skipped"


def compare(before: str, after: str) -> list[Block]:
    """From one clean HTML to another; empty when they say the same."""
    old, new = paragraphs_of(from_html(before)), paragraphs_of(from_html(after))
    found: list[Block] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [Block([Part("same", one)]) for one in old[i:j]]
        else:
            found += _replaced(old[i:j], new[k:m])
    return _folded(found) if any(one.kind != "same" for one in found) else []


def paragraphs_of(markdown: str) -> list[str]:
    """What blank lines part; a block of code is one, whatever it holds."""
    found: list[str] = []
    lines: list[str] = []
    fence = ""
    for line in [*markdown.split("\n"), ""]:
        opened = _FENCE.match(line)
        if opened and (not fence or opened[1].startswith(fence)):
            fence = "" if fence else opened[1]
        if line.strip() or fence:
            lines.append(line)
        elif lines:
            found.append("\n".join(lines))
            lines = []
    return [*found, "\n".join(lines)] if lines else found


def _replaced(old: list[str], new: list[str]) -> list[Block]:
    """Each new paragraph beside the old one that it was made of, in order."""
    found: list[Block] = []
    rest = list(old)
    for text in new:
        twin = next((place for place, one in enumerate(rest) if _are_alike(one, text)), None)
        if twin is None:
            found.append(Block([Part("added", text)]))
            continue
        found += [Block([Part("removed", one)]) for one in rest[:twin]]
        found.append(Block(_by_words(rest[twin], text)))
        del rest[: twin + 1]
    return found + [Block([Part("removed", one)]) for one in rest]


def _are_alike(one: str, other: str) -> bool:
    if len(one) + len(other) > MOST_WORDS * 10:
        return False
    matcher = SequenceMatcher(None, _WORDS.findall(one), _WORDS.findall(other), autojunk=False)
    return matcher.quick_ratio() > ALIKE and matcher.ratio() > ALIKE


def _by_words(old: str, new: str) -> list[Part]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    parts: list[Part] = []
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(Part("same", "".join(before[i:j])))
            continue
        if i < j:
            parts.append(Part("removed", "".join(before[i:j])))
        if k < m:
            parts.append(Part("added", "".join(after[k:m])))
    return parts


def _folded(blocks: list[Block]) -> list[Block]:
    """Long rows of unchanged paragraphs as one line that says how many they are."""
    near = {
        place + step for place, one in enumerate(blocks) if one.kind != "same" for step in range(-AROUND, AROUND + 1)
    }
    found: list[Block] = []
    for place, one in enumerate(blocks):
        if place in near:
            found.append(one)
        elif found and not found[-1].parts:
            found[-1] = Block(skipped=found[-1].skipped + 1)
        else:
            found.append(Block(skipped=1))
    return found
