"""The floor of a page: litestar and Jinja with as many rows and bytes, no database, no session, no language."""

import os

from jinja2 import DictLoader, Environment
from litestar import Litestar, get
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig

_PAGE = "<!doctype html><title>{{ title }}</title>{% for row in rows %}<li><a href='/{{ row.n }}'>{{ row.text }}</a>{{ row.filler }}</li>{% endfor %}"


def create_app() -> Litestar:
    size, rows = int(os.environ["BARE_BYTES"]), int(os.environ["BARE_ROWS"])
    filler = "x" * max(1, size // rows - 60)

    @get("/")
    async def page() -> Template:
        return Template(
            "page.html",
            context={
                "title": "bare",
                "rows": [{"n": n, "text": "a row of text", "filler": filler} for n in range(rows)],
            },
        )

    engine = JinjaTemplateEngine.from_environment(Environment(loader=DictLoader({"page.html": _PAGE}), autoescape=True))
    return Litestar([page], template_config=TemplateConfig(instance=engine), openapi_config=None, logging_config=None)
