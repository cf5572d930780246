"""What differs between two versions, to be read by people: by paragraphs, and within those that changed by words.

Compared is the Markdown, so that a heading that became a line of bold, or another address of a link, is seen as well.
"""

import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Literal

import msgspec

from knowledge_base.markdown import from_html

AROUND = 1
"""So many unchanged paragraphs are shown beside what changed."""
ALIKE = 0.4
"""From here on a paragraph counts as changed; below, as one that went and one that came."""
MOST_PARAGRAPHS, MOST_LETTERS = 1_000, 10_000
"""What is longer, without what is the same at both ends, counts as rewritten: nobody would find their way in it."""
MOST_LOOKS, MOST_PAIRS = 20_000, 2_000_000
"""Paragraphs looked at for one that is alike, and pairs of words compared for it; then the rest counts as rewritten."""

Kind = Literal["same", "added", "removed"]
_TOKENS = re.compile(r"\s+|\w+|[^\w\s]")
_WORDS = re.compile(r"\w+|[^\w\s]")
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


class _Patience(msgspec.Struct):
    """What is left of it."""

    looks: int = MOST_LOOKS
    pairs: int = MOST_PAIRS


def compare(before: str, after: str) -> list[Block]:
    """From one clean HTML to another; empty when they say the same. Long texts take a second: not for the event loop."""
    old, new = paragraphs_of(from_html(before)), paragraphs_of(from_html(after))
    if old == new:
        return []
    head = _same_at_the_beginning(old, new)
    tail = _same_at_the_beginning(old[head:][::-1], new[head:][::-1])
    between = _between(old[head : len(old) - tail], new[head : len(new) - tail])
    same = [Block([Part("same", one)]) for one in old]
    return _folded([*same[:head], *between, *same[len(old) - tail :]])


def _same_at_the_beginning(old: list[str], new: list[str]) -> int:
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _between(old: list[str], new: list[str]) -> list[Block]:
    if max(len(old), len(new)) > MOST_PARAGRAPHS:
        return [Block([Part("removed", one)]) for one in old] + [Block([Part("added", one)]) for one in new]
    found: list[Block] = []
    patience = _Patience()
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [Block([Part("same", one)]) for one in old[i:j]]
        else:
            found += _replaced(old[i:j], new[k:m], patience)
    return found


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


def _replaced(old: list[str], new: list[str], patience: _Patience) -> list[Block]:
    """Each new paragraph beside the old one that it was made of, in order."""
    found: list[Block] = []
    rest = [(one, Counter(_WORDS.findall(one))) for one in old]
    for text in new:
        words = Counter(_WORDS.findall(text))
        twin = next((place for place, one in enumerate(rest) if _are_alike(one, (text, words), patience)), None)
        if twin is None:
            found.append(Block([Part("added", text)]))
            continue
        found += [Block([Part("removed", one)]) for one, _words in rest[:twin]]
        found.append(Block(_by_words(rest[twin][0], text)))
        del rest[: twin + 1]
    return found + [Block([Part("removed", one)]) for one, _words in rest]


def _are_alike(one: tuple[str, Counter[str]], other: tuple[str, Counter[str]], patience: _Patience) -> bool:
    """By how many words they share, then, which costs the most, by how many of those stand in one order."""
    if patience.looks <= 0 or patience.pairs <= 0 or len(one[0]) + len(other[0]) > MOST_LETTERS:
        return False
    patience.looks -= 1
    both = one[1].total() + other[1].total()
    if 2 * (one[1] & other[1]).total() <= ALIKE * both:
        return False
    patience.pairs -= one[1].total() * other[1].total()
    return SequenceMatcher(None, _WORDS.findall(one[0]), _WORDS.findall(other[0]), autojunk=False).ratio() > ALIKE


def _by_words(old: str, new: str) -> list[Part]:
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
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
