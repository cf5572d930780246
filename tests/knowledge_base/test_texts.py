"""Texts of articles: made safe, cleaned of what other programs write, turned into Markdown and back, compared."""

import pytest

from helpdesk.kernel.errors import Invalid
from knowledge_base import front_matter
from knowledge_base.cleaning import clean
from knowledge_base.diffing import compare
from knowledge_base.markdown import from_html, to_html
from knowledge_base.slugs import slug_of
from knowledge_base.words import headings_of, presented, text_of

WORD = """<html><head><style>p {color: red}</style></head><body><p class=MsoTitle>Title</p><p class=MsoNormal><b style='mso-bidi-font-weight:normal'>Bold<o:p></o:p></b> text</p>
<p style='text-indent:-18pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·<span>&nbsp; </span></span><![endif]>One</p>
<p style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>1.</span>Sub</p><p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>Two</p><p class=MsoNormal><o:p>&nbsp;</o:p></p></body></html>"""
DOCS = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-1"><h1 dir="ltr"><span style="font-weight:400">Head</span></h1>
<p dir="ltr"><span style="font-weight:700;font-style:italic">bold</span><span> text</span></p><ul><li dir="ltr"><p><span>item</span></p></li></ul><br></b>"""

CLEANED = [
    (WORD, "<h2>Title</h2><p><strong>Bold</strong> text</p><ul><li>One<ol><li>Sub</li></ol></li><li>Two</li></ul>"),
    (DOCS, '<h2 dir="ltr">Head</h2><p dir="ltr"><em><strong>bold</strong></em> text</p><ul><li dir="ltr"><p>item</p></li></ul>'),
    ("loose <b>x</b> y<p>para</p>tail", "<p>loose <strong>x</strong> y</p><p>para</p><p>tail</p>"),
    ("<p onclick=x>a<script>b</script><img src=https://x.test/t.png><img src=/help/files/4 onerror=1></p>", '<p>a<img src="/help/files/4"></p>'),
    ("<p><a href='javascript:x'>a</a> <a href='//evil.test'>b</a> <a href='/help/en'>c</a></p>", '<p>a b <a href="/help/en">c</a></p>'),
    ("<div class='callout tip'><p>n</p></div><div class='fixed'>d</div><ol class='steps evil'><li>s</li></ol>", '<div class="callout tip"><p>n</p></div><p>d</p><ol><li>s</li></ol>'),
    ("<svg><style><img src=x onerror=alert(1)></style></svg><math><mi>x</mi></math>", ""),
]  # fmt: skip


@pytest.mark.parametrize(("html", "safe"), CLEANED)
def test_only_what_an_article_may_hold_is_left(html: str, safe: str) -> None:
    assert clean(html) == safe and clean(safe) == safe


def test_what_is_too_long_or_too_deep_is_refused() -> None:
    for hostile in ("x" * 400_001, "<ul><li>" * 200, "<section>" * 5_000):
        with pytest.raises(Invalid):
            clean(hostile)


MARKDOWN = [
    "Plain, **bold**, *italic*, ~~struck~~, `co*de` and [a link](https://x.test/a_b).\n",
    "## Heading\n\n### Smaller\n\nLine\\\nbroken\n",
    "1) first\n2) second\n",
    "3. third\n4. fourth\n   - inner\n   - more\n",
    "> [!WARNING]\n> Careful *now*.\n>\n> - point\n",
    "> [!NOTE]\n>\n> 1) one\n",
    "> only quoted\n",
    "| A | B |\n| --- | --- |\n| 1 | \\| pipe |\n",
    "```python\nx = 1\n\n```` = y\n```\n".replace("````", "##"),
    "\\# no heading\n\n1\\. no list, # nor this, \\*no italics\\*, a\\_b and \\<b\\>\n",
    "![A picture](/help/files/3)\n\n---\n\nEnd\n",
    "## بازگرداندن\n\n1) «سفارش‌ها» را باز کنید.\n2) **دکمه** را بزنید.\n",
]


@pytest.mark.parametrize("text", MARKDOWN)
def test_markdown_comes_back_as_it_was(text: str) -> None:
    html = to_html(text)
    assert from_html(html) == text and clean(html) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [("> [!NOTE] Mind *it*", '<div class="callout note"><p>Mind <em>it</em></p></div>'), ("> [!tip]One\n> two", '<div class="callout tip"><p>One two</p></div>'),
        ("> [!NOTE](https://x.test)", '<blockquote><p><a href="https://x.test">!NOTE</a></p></blockquote>')],
)  # fmt: skip
def test_words_behind_the_mark_of_a_box_stay(text: str, html: str) -> None:
    assert to_html(text) == html


TOLD_BY_MARKDOWN = [
    "<p><strong>foo:</strong>bar <strong>«x»</strong>ها</p>",
    "<p>-</p><p>1.</p><p>a<br>- b<br>---</p>",
    '<p>Write &amp;nbsp; for a blank, AT&amp;T&nbsp;is a name. See!<a href="/x">it</a></p>',
    "<table><thead><tr><th><code>a|b</code></th><th>c</th></tr></thead><tbody><tr><td>|</td><td>\\|</td></tr></tbody></table>",
    "<ul><li>a</li></ul><ul><li>b</li></ul><h2>C #</h2>",
]


@pytest.mark.parametrize("html", TOLD_BY_MARKDOWN)
def test_html_comes_back_from_markdown_as_it_was(html: str) -> None:
    assert clean(html) == html and to_html(from_html(html)) == html


def test_markdown_brings_no_html_along() -> None:
    assert (
        to_html("<b onclick=x>hi</b> [x](javascript:1)") == "<p>&lt;b onclick=x&gt;hi&lt;/b&gt; [x](javascript:1)</p>"
    )


def test_the_words_of_a_text_are_its_lines() -> None:
    html = to_html(
        "## Top\n\nOne *two*\\\nthree\n\n1) a\n2) b\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n```\nx  = 1\n```\n"
    )
    assert text_of(html) == "Top\n\nOne two\nthree\n\na\nb\n\nA | B\n1 | 2\n\nx  = 1"
    assert headings_of(html) == "Top"
    shown = presented(html + "<h3>Top</h3>")
    assert [one.anchor for one in shown.contents] == ["part-top", "part-top--2"]
    assert (
        '<div class="wide" tabindex="0" role="group" aria-label="Table">' in shown.html
        and 'id="part-top"' in shown.html
    )
    assert "onclick" not in presented("<p onclick=x>a<script>b</script></p>").html


def test_a_comparison_tells_words_paragraphs_and_what_is_as_it_was() -> None:
    same = "\n\nA.\n\nB.\n\nC.\n\nD."
    found = compare(
        to_html("We answer in 30 days." + same + "\n\nBye."),
        to_html("We answer in *60* days." + same + "\n\nA new end."),
    )
    assert [(one.kind, one.skipped) for one in found] == [
        ("changed", 0),
        ("same", 0),
        ("skipped", 2),
        ("same", 0),
        ("added", 0),
        ("removed", 0),
    ]
    assert [(one.kind, one.text) for one in found[0].parts if one.kind != "same"] == [
        ("removed", "30"),
        ("added", "*60*"),
    ]
    assert compare("<p>x</p>", "<p>x</p>\n") == []


def test_a_comparison_of_what_is_too_long_to_be_followed_tells_what_went_and_what_came() -> None:
    old, new = ("".join(f"<p>{word} {n}</p>" for n in range(1_500)) for word in ("old", "new"))
    found = compare(f"<p>Same</p>{old}", f"<p>Same</p>{new}")
    assert [one.kind for one in found] == ["same", *["removed"] * 1_500, *["added"] * 1_500]


@pytest.mark.parametrize(
    ("title", "slug"),
    [("How do I pay?", "how-do-i-pay"), ("Café & Crème 50%", "cafe-creme-50"), ("بازگشتِ وجه می‌شود؟", "بازگشت-وجه-می-شود"), ("آدرسِ ۱۲ كوچه", "آدرس-12-کوچه"),
        ("!!!", ""), ("a" * 200, "a" * 80)],
)  # fmt: skip
def test_an_address_is_made_of_the_title(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_the_lines_at_the_top_of_a_file_come_back_as_they_were() -> None:
    said: dict[str, front_matter.Value] = {
        "title": 'A "quoted": title',
        "language": "fa",
        "article": "12",
        "category": "Orders / Refunds",
        "tags": ["a, b", "ج"],
    }
    assert front_matter.read(front_matter.written(said, "Body\n\n---\n")) == (said, "Body\n\n---\n", [])
    by_hand = "---\nTitle: 'It''s here'\ntags:\n  - one\n  - two\nempty:\nlist: [a, b]\n---\nText"
    assert front_matter.read(by_hand) == (
        {"title": "It's here", "tags": ["one", "two"], "empty": "", "list": ["a", "b"]},
        "Text",
        [],
    )
    for rule in (
        "No lines",
        "---\n\nA rule, then words\n\n---\n\nand more",
        "---\nonly a rule",
        "---\nNote: dry\n\nand words\n---",
    ):
        assert front_matter.read(rule) == ({}, rule, [])
    assert front_matter.read('---\ntitle: "a\\u0000b\\ud800"\n---\n')[0] == {"title": "ab"}


@pytest.mark.parametrize(
    ("text", "said", "body", "flaws"),
    [
        ("---\ntitle: [broken\nlanguage: en\n---\nx", {"title": "[broken", "language": "en"}, "x", [(2, "open")]),
        ("---\n# by hand\ntitle: A\nslug a\n---\nx", {"title": "A"}, "slug a\n\nx", [(4, "strange")]),
        ("---\ntitle:\n  A\nby:\n  name: B\n---\nx", {"title": "", "by": ""}, "A\n\nx", [(3, "strange")]),
        ("---\ntitle: A\n\nNote: b\n\nc\n\n---\nx", {"title": "A"}, "Note: b\n\nc\n\n---\nx", [(2, "endless")]),
        ("---\ntitle: A\n# B\n- c", {"title": "A"}, "# B\n- c", [(2, "endless")]),
        ("---\ntitle: A\n- b\n---\nx", {"title": "A"}, "- b\n\nx", [(3, "strange")]),
    ],
)
def test_of_damaged_lines_at_the_top_what_can_be_read_is_and_the_rest_is_body(
    text: str, said: object, body: str, flaws: object
) -> None:
    found = front_matter.read(text)
    assert found[:2] == (said, body) and [(one.line, one.kind) for one in found[2]] == flaws
