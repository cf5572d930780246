import pytest

from helpdesk.channels.email.html_text import is_right_to_left, text_to_html


def test_blank_lines_make_paragraphs_that_find_their_own_direction():
    assert text_to_html("one\ntwo\n\n\nسه") == '<p dir="auto">one<br>\ntwo</p>\n<p dir="auto">سه</p>'


def test_nothing_in_the_text_is_markup():
    assert text_to_html("<b>&\"'") == '<p dir="auto">&lt;b&gt;&amp;&quot;&#x27;</p>'


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("see https://a.example/x.", "https://a.example/x"),
        ("(https://a.example/x)", "https://a.example/x"),
        ("https://a.example/x_(y)", "https://a.example/x_(y)"),
        ("https://a.example/?a=1&b=2", "https://a.example/?a=1&amp;b=2"),
        ("ببینید https://a.example/x، ممنون", "https://a.example/x"),
        ("HTTP://A.example", "HTTP://A.example"),
    ],
)
def test_links_end_where_the_sentence_goes_on(text: str, url: str):
    assert f'<a href="{url}" target="_blank" rel="noopener noreferrer nofollow">{url}</a>' in text_to_html(text)


@pytest.mark.parametrize("text", ["javascript:alert(1)", "data:text/html,x", "xhttp//a", "www.a.example", "ftp://a"])
def test_only_http_can_be_clicked(text: str):
    assert "<a " not in text_to_html(text)


def test_a_link_cannot_break_out_of_its_attribute():
    assert 'onclick="' not in text_to_html('https://a.example/"onclick="alert(1)')


def test_languages_know_their_direction():
    assert is_right_to_left("fa") and is_right_to_left("ar-EG") and not is_right_to_left("en")
