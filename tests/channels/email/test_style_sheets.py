"""What a mail's style sheets say stays in its elements, as far as it is safe."""

from helpdesk.channels.email.sanitising import sanitise
from helpdesk.channels.email.style_sheets import inlined


def shown(html: str) -> str:
    return sanitise(inlined(html)).html


def test_the_margins_and_colours_of_a_sheet_stay() -> None:
    html = shown(
        "<style>p.MsoNormal {margin:0; mso-pagination: none} .total {color: #c00; font-weight: bold}</style><p class=MsoNormal>A <span class=total>9</span>"
    )
    assert 'style="margin:0"' in html and 'style="color:#c00;font-weight:bold"' in html
    assert "mso" not in html and "class" not in html and "<style" not in html


def test_an_element_has_the_last_word_over_the_sheet() -> None:
    assert 'style="color:blue"' in shown('<style>p {color: red}</style><p style="color: blue">x</p>')


def test_attacks_on_the_layout_and_loads_do_not_come_in_by_a_sheet() -> None:
    html = shown(
        "<style>@import url(https://t.example/a); div {position: fixed; inset: 0; z-index: 9; background: url(https://t.example/b)}"
        "p {display: none; opacity: 0; font-size: 0; color: transparent}</style><div><p>Pay now</p></div>"
    )
    assert "t.example" not in html and "position" not in html and "z-index" not in html
    assert "<p>Pay now</p>" in html


def test_the_direction_of_the_body_stays() -> None:
    assert shown('<body dir="rtl" style="text-align:right"><p>سلام</p></body>').startswith(
        '<div dir="rtl" style="text-align:right">'
    )


def test_too_much_of_a_sheet_and_broken_ones_leave_the_mail_as_it_came() -> None:
    huge = "<style>" + "p {color: red}" * 20_000 + "</style><p>x</p>"
    assert inlined(huge) == huge
    assert "x" in shown("<style>&%$#@!{{{</style><p>x\ud800</p>")
