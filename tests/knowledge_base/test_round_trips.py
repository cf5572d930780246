"""Texts of articles on their ways: cleaned twice, through Markdown and back, any of them. The same words come out."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement

from knowledge_base.cleaning import clean
from knowledge_base.markdown import from_html, to_html
from knowledge_base.markdown_inlines import runs_of, settled
from knowledge_base.trees import BLOCKS, parsed
from knowledge_base.words import text_of

ELEMENTS = re.findall(
    r"\S+",
    """a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption center cite code col colgroup data datalist dd
    del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr
    html i iframe image img input ins kbd label legend li link main map mark marquee math menu meta meter nav noembed noframes noscript object ol
    optgroup option output p param picture plaintext pre progress q rp rt ruby s samp script search section select slot small source span strike
    strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp unknown-one o:p""",
)
APART = "address article aside caption center dd details dialog div dl dt fieldset figcaption figure footer form h1 h6 header legend li main nav p section summary td tr"  # fmt: skip

words = st.text(st.sampled_from("ab1هش\u200c .,:!&;#-_*~`[]()<>|\\«»/=+\u00a0\n"), min_size=1, max_size=8)
wild = st.recursive(
    words.map(lambda text: text.replace("<", "&lt;")),
    lambda inside: st.builds(
        lambda tag, said, parts, end: f"<{tag}{said}>{''.join(parts)}{end and f'</{tag}>'}",
        st.sampled_from(ELEMENTS) | st.sampled_from(["p", "ul", "ol", "li", "table", "tr", "td", "div", "a", "b", "pre", "h2"]),
        st.sampled_from(["", "", "", ' style="font-weight:700"', ' dir="rtl"', ' class="callout tip"', ' href="/x"', ' src="/help/files/3"']),
        st.lists(inside, max_size=4), st.booleans(),
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, derandomize=True)
@given(wild)
def test_cleaning_twice_is_cleaning_once(html: str) -> None:
    once = clean(html)
    assert clean(once) == once


@pytest.mark.parametrize("tag", APART.split())
def test_words_of_blocks_are_never_glued(tag: str) -> None:
    assert text_of(clean(f"one<{tag}>two</{tag}>three")).split() == ["one", "two", "three"]


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def around(tag: str) -> Any:
    return lambda parts: f"<{tag}>{''.join(parts)}</{tag.split()[0]}>"


inline = st.recursive(
    words.map(escaped) | st.sampled_from(["<br>", '<img src="/help/files/3" alt="a *b* ]">', "<code>a|b` </code>"]),
    lambda inside: st.one_of(
        *(st.lists(inside, min_size=1, max_size=3).map(around(tag)) for tag in ("strong", "em", "s", "code", 'a href="/x?a=1&amp;b;(c)"'))
    ),
    max_leaves=4,
)  # fmt: skip
line = st.lists(inline, min_size=1, max_size=4)
paragraph = line.map(around("p"))
heading = st.sampled_from(["h2", "h3", "h4"]).flatmap(lambda tag: line.map(around(tag)))
code = words.map(lambda text: f"<pre><code>{escaped(text)}</code></pre>")
row = st.tuples(line.map(around("td")), line.map(around("td"))).map(around("tr"))
table = st.lists(row, min_size=1, max_size=2).map(
    lambda rows: f"<table><thead><tr><th>A</th><th>|</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
)
block = st.recursive(
    paragraph | heading | code | table | st.just("<hr>"),
    lambda inside: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag.split()[0]}>",
        st.sampled_from(["blockquote", 'div class="callout tip"']), st.lists(inside, min_size=1, max_size=2),
    )
    | st.builds(
        lambda tag, items: f"<{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag.split()[0]}>",
        st.sampled_from(["ul", "ol", 'ol class="steps"', 'ol start="3"']),
        st.lists(st.lists(inside, min_size=1, max_size=2).map("".join), min_size=1, max_size=3),
    ),
    max_leaves=5,
)  # fmt: skip


def structure(element: HtmlElement) -> list[Any]:
    """Blocks with their words. Paragraphs of items are their words, and lists that follow one another are one."""
    found: list[Any] = []
    loose: list[HtmlElement | str] = [element.text or ""]
    for child in [*element, None]:
        if child is not None and child.tag not in BLOCKS:
            loose += [child, child.tail or ""]
            continue
        if runs := settled(runs_of(loose)):
            found.append(("p", runs))
        if child is None:
            return found
        loose = [child.tail or ""]
        said = (child.tag, child.get("class"))
        if child.tag in ("h2", "h3", "h4", "td", "th"):
            parts = [child.text or "", *(one for inner in child for one in (inner, inner.tail or ""))]
            flat = [run._replace(kind="words", words=" ") if run.kind == "break" else run for run in runs_of(parts)]
            found.append((said, settled(flat)))
        elif child.tag in ("p", "thead", "tbody"):
            found += structure(child)
        elif child.tag == "pre":
            found.append((said, re.sub(r"\s+", " ", "".join(child.itertext())).strip()))
        elif child.tag == "ol" and found and found[-1][0] == said:
            found[-1] = (said, found[-1][1] + structure(child))
        else:
            found.append((said, structure(child)))
    return found


@settings(max_examples=80, derandomize=True)
@given(st.lists(block, min_size=1, max_size=3).map("".join))
def test_an_article_says_the_same_after_markdown(html: str) -> None:
    before = clean(html)
    after = to_html(from_html(before))
    assert text_of(after).split() == text_of(before).split()
    assert structure(parsed(after)) == structure(parsed(before))
