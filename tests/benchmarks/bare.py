"""The floor of a page: litestar, granian and Jinja, and nothing else: no database, no session, no language, no logs.

The page has BARE_BYTES bytes and BARE_ROWS rows. Each row has the sixteen values that a line of the ticket list has
(link, mark, name, initials, three forms of its time, subject, status, priority, tags, assignee, preview), each escaped
as it is written, straight from a dict: no macro, no translation, no date is made. What is missing in bytes to the page
under measurement is one plain text at the end of the body, as is the head and frame of a page.
"""

import os

from jinja2 import DictLoader, Environment
from litestar import Litestar, get
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title></head><body><ul>
{% for row in rows %}
<li class="ticket{{ row.mark }}" id="row-{{ row.number }}">
  <a href="/tickets/{{ row.number }}?view={{ row.view }}">
    <span class="avatar" data-hue="{{ row.hue }}" aria-hidden="true">{{ row.initials }}</span>
    <span class="who truncate" dir="auto">{{ row.who }}</span>
    <time datetime="{{ row.at }}" data-format="narrow" title="{{ row.at_in_full }}">{{ row.ago }}</time>
    <span class="subject truncate" dir="auto">{{ row.subject }}</span>
    <span class="mark"><span class="dot {{ row.priority }}" title="{{ row.priority_name }}"></span></span>
    <span class="preview truncate" dir="auto">{{ row.preview }}</span>
    <span class="meta"><span class="badge {{ row.colour }}">{{ row.status }}</span>
      {% for tag in row.tags %}<span class="tag truncate">{{ tag }}</span>{% endfor %}
      <span class="avatar small">{{ row.assignee }}</span></span>
  </a></li>
{% endfor %}
</ul><p>{{ rest }}</p></body></html>
"""


def create_app() -> Litestar:
    size, count = int(os.environ["BARE_BYTES"]), int(os.environ["BARE_ROWS"])
    environment = Environment(loader=DictLoader({"page.html": _PAGE}), autoescape=True, auto_reload=False)
    without_rest = environment.get_template("page.html").render(title="bare", rows=_rows(count), rest="")
    rest = "x" * max(0, size - len(without_rest))

    @get("/")
    async def page() -> Template:
        return Template("page.html", context={"title": "bare", "rows": _rows(count), "rest": rest})

    engine = JinjaTemplateEngine.from_environment(environment)
    return Litestar([page], template_config=TemplateConfig(instance=engine), openapi_config=None, logging_config=None)


def _rows(count: int) -> list[dict[str, object]]:
    return [
        {
            "number": 1000 + n, "view": "open", "mark": " unread", "hue": n % 12, "initials": "CN", "who": f"Customer {n}",
            "at": "2026-11-21T22:48:42.000000Z", "at_in_full": "Saturday 21 November 2026, 22:48", "ago": "4m",
            "subject": f"Order {n} arrived damaged, what now?", "priority": "normal", "priority_name": "Normal",
            "preview": "The box was open when it came.", "colour": "accent", "status": "Open", "tags": ["delivery"],
            "assignee": "AL",
        }
        for n in range(count)
    ]  # fmt: skip
