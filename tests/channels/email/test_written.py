"""What the editor writes: kept as it is, in plain words, and as mail programs need it."""

import pytest

from helpdesk.channels.email.sanitising import sanitise
from helpdesk.channels.email.written import for_mail, is_simple, read_written

WORDS = [
    ('<div dir="auto">Hi <strong>you</strong></div><div><br></div><div>there</div>', "Hi you\n\nthere"),
    ('<div>a</div><ul><li dir="auto">one</li><li>two<ol start="3"><li>x</li><li>y</li></ol></li></ul><div>b</div>', "a\n* one\n* two\n3. x\n4. y\nb"),
    ("<ol><li><p>first</p></li><li></li><li>third</li></ol>", "1. first\n2.\n3. third"),
    ("<p>One paragraph</p><p>Another</p>", "One paragraph\n\nAnother"),
    ("<blockquote><div>they said</div><div>so</div></blockquote><div>yes</div>", "> they said\n> so\nyes"),
    ("<pre><code>if a:\n    b()</code></pre><div>end</div>", "if a:\n    b()\nend"),
    ('<div>See <a href="https://x.example/?a=1&amp;b=2">the page</a>.</div>', "See the page <https://x.example/?a=1&b=2>."),
    ('<div><a href="https://x.example/">https://x.example/</a> <a href="mailto:a@b.example">a@b.example</a></div>', "https://x.example/ a@b.example"),
    ('<div>این <em>مهم</em> است</div><div>سطر<br>دوم</div>', "این مهم است\nسطر\nدوم"),
    ('<div><img src="cid:7.ab12@x.example" alt="The screen"></div>', "The screen"),
    ('<div><img src="cid:7.ab12@x.example" alt="box.png">Kind regards</div>', "box.png\nKind regards"),
    ('<div>Look <img src="cid:7.ab12@x.example" alt="box.png"><img src="cid:8.ab12@x.example" alt="lid.png"> there</div>', "Look\nbox.png\nlid.png\nthere"),
    ('<div>So:<br><img src="cid:7.ab12@x.example" alt="box.png"><br>end</div>', "So:\nbox.png\nend"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "words"), WORDS)
def test_the_plain_words_say_what_the_html_says(html: str, words: str):
    written = read_written(html)
    assert written.text == words
    assert is_simple(written.html) and read_written(written.html) == written


@pytest.mark.parametrize("trick", [
    '<div style="color:#fff">white</div>', '<div style="font-size:0">small</div>', '<font color="white">white</font>', "<table><tr><td>cell</td></tr></table>",
    '<img src="https://tracker.example/x.png">', '<a href="javascript:alert(1)">run</a>', '<form action="/x"><input name="a"></form>', '<div class="toast" id="composer" onclick="x()">here</div>',
    '<img src="data:image/png;base64,AAAA">',
])  # fmt: skip
def test_nothing_but_what_the_editor_knows_comes_through(trick: str):
    html = read_written(trick).html
    assert is_simple(html)
    assert not any(
        one in html for one in ("style", "color", "src", "href", "class", "id=", "onclick", "<table", "<form")
    )


def test_what_is_hidden_is_neither_said_nor_shown():
    written = read_written("<div>Seen<script>x</script><template>not</template><style>y</style></div>")
    assert written.html == "<div>Seen</div>" and written.text == "Seen"


def test_html_of_other_programs_needs_a_frame():
    assert not is_simple('<div style="color:red">x</div>') and not is_simple('<img src="blocked:x">')


def test_in_mails_each_block_has_a_direction_of_its_own_and_is_aligned_to_it():
    html = for_mail(
        '<div dir="auto">سلام Dora</div><div dir="auto">12 + 3</div><div dir="auto">Hello سلام</div><div dir="rtl">abc</div>',
        "en",
    )
    assert html == (
        '<div dir="rtl" style="text-align:right">سلام Dora</div><div dir="rtl" style="text-align:right">12 + 3</div>'
        '<div dir="ltr" style="text-align:left">Hello سلام</div><div dir="rtl" style="text-align:right">abc</div>'
    )
    assert for_mail('<p dir="auto">1405</p>', "fa") == '<p dir="rtl" style="text-align:right">1405</p>'


def test_in_mails_code_and_quotations_carry_their_looks():
    html = for_mail('<pre dir="ltr"><code>a &lt; b</code></pre><blockquote dir="auto"><div>x</div></blockquote>', "fa")
    assert "font-family:monospace" in html and "a &lt; b" in html and "border-inline-start" in html


def test_words_at_the_very_beginning_of_a_mail_stay_words():
    html = for_mail("1 &lt;img src=x&gt; &amp;amp; <b>2</b> &lt;i&gt;", "en")
    assert html == "1 &lt;img src=x&gt; &amp;amp; <b>2</b> &lt;i&gt;"


def test_a_quotation_as_deep_as_the_sanitiser_lets_it_be_is_sent_whole():
    deep = sanitise("<div>" * 254 + "deep" + "</div>" * 254).html
    assert deep.count("<div>") == 254
    html = for_mail(f"<div>before</div><div><blockquote>{deep}</blockquote></div><p>after</p>", "en")
    assert "before" in html and "deep" in html and "after" in html
