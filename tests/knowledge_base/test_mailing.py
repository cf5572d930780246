"""An article's text as mails can show it: everything is said, nothing needs our pages."""

from knowledge_base.mailing import as_mail

PAGE = "https://help.test/help/en/articles/kettles"
BOXES = {"note": "Note", "warning": "Warning"}


def in_mail(html: str, **images: str) -> str:
    return as_mail(html, page=PAGE, images={int(name[1:]): cid for name, cid in images.items()}, boxes=BOXES)


def test_links_lead_to_our_pages_from_anywhere() -> None:
    html = in_mail('<p><a href="/help/en">a</a> <a href="#two">b</a> <a href="https://else.test/x">c</a> <a href="mailto:a@b.test">d</a></p>')  # fmt: skip
    assert [f'href="{url}"' in html for url in ("https://help.test/help/en", f"{PAGE}#two", "https://else.test/x", "mailto:a@b.test")] == [True] * 4  # fmt: skip


def test_boxes_are_quotations_that_say_what_they_are_and_tables_are_lines() -> None:
    assert in_mail('<div class="callout warning"><p>It is <strong>hot</strong>.</p></div>') == (
        "<blockquote><p><strong>Warning:</strong> It is <strong>hot</strong>.</p></blockquote>"
    )
    table = "<table><thead><tr><th>Kettle</th><th>Litres</th></tr></thead><tbody><tr><td><p>Q7</p></td><td>2</td></tr></tbody></table><p>End</p>"
    assert in_mail(table) == "<div><strong>Kettle | Litres</strong></div><div>Q7 | 2</div><p>End</p>"


def test_images_go_along_or_leave_their_words() -> None:
    html = '<p>See <img src="/help/files/7" alt="A label" width="1280" height="640"> and <img src="/help/files/8" alt="the box">.</p>'
    assert in_mail(html, f7="7.ab@help.test") == (
        '<p>See <img src="cid:7.ab@help.test" alt="A label" width="640" height="320"> and <span>[the box]</span>.</p>'
    )
    assert in_mail("") == ""
