"""Lines 26 to 28 of our checklist of ASVS 5 and T-G (docs/security.md), read from the sources: what cannot be asked of a page."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from helpdesk.kernel.csv_text import csv_line
from helpdesk.web.pages import template_config

ROOT = Path(__file__).parent.parent.parent
SOURCES = [
    file
    for package in ("helpdesk", "knowledge_base", "sla")
    for file in (ROOT / package).rglob("*.py")
    if "migrations" not in file.parts
]
STATEMENTS = {"rows", "objects", "raw"}
_POPULATION = {
    "is_before(population)",
    "population.at",
    "population.source",
    "population.keys[asked.by]",
    "step_of(population)",
}
"""Of `reports.asking`: constants of the sources, chosen by name."""
NAMES_OF_OUR_OWN = {
    "migrating.py": {"table", "settings().mail_domain"}, "health.py": {"sweep.table", "sweep.since", "sweep.waiting"},
    "nudging.py": {"sweep.table", "sweep.waiting", "sweep.late"}, "bouncing.py": {"said"}, "merging.py": {"table", "column", "' FOR UPDATE' if held else ''"},
    "mergeable.py": {"field"}, "parting.py": {"table"}, "postgres.py": {"extension"}, "suppressing.py": {"order"},
    "completing.py": {"literal(sort_key(text))"}, "idempotency.py": {"agent_id", "key"},
    "database.py": {"_columns(table)", "table._meta.tablename", "rest"}, "restoring.py": {"table"}, "redacting.py": {"row['place']"},
    "fetching.py": {"changes"}, "fetch_states.py": {"change"}, "sessions.py": {"which"}, "reading_audit.py": {"where"},
    "panes.py": {"columns", "marks", "renewed"}, "showing_images.py": {"MOST - 2"},
    "calendars.py": {"table"}, "by_due.py": {"_RUNS.format('due')", "columns", "limit"}, "promising.py": {"columns"},
    "condition_fields.py": {"columns"},
    "volumes.py": _POPULATION, "measuring.py": _POPULATION | {"late_source(GATHERED)"}, "promises.py": _POPULATION | {"columns"},
    "articles.py": {"' AND '.join(wanted)", "_columns(asked)"},
    "figures.py": {
        "', '.join(('coalesce(sum(times) FILTER (WHERE day >= {}), 0)::int' + f' AS in_{n}' for n in range(len(days))))", "n",
        "', '.join(('count(*) FILTER (WHERE at >= {})::int' for _ in days))",
    }, "filing.py": {"reach"},
    "reading.py": {"nearest_of('{}')", "of[0]", "behind[0]", "_LIST.replace('substr', 'r.html, a.tags, t.published AS revision, substr', 1)"},
    "listing.py": {"population.id", "population.at", "population.keys['agent']", "source", "columns", "order", "limit"},
}  # fmt: skip
"""What statements are put together from besides constants: names of tables and columns, and conditions that hold `{}` for
each value, all of them from the sources. Looked at one by one; whoever adds one looks at it too."""
SAFE_IN_TEMPLATES = re.compile(
    r"""(?:"[^"{}]*"|'[^'{}]*')\s*\|\s*safe\b|\("<\w+(?: class=\\"\w+\\")?>"\s*\|\s*safe\)"""
)
"""Markup that stands in the template itself."""
CLEANED = {
    "_canned_preview.html": "letter.html", "article.html": "shown.html", "_article_reader.html": "shown.html", "_reading.html": "html",
    "offered.html": "html",
}  # fmt: skip
"""HTML of an agent that the sanitiser of letters, or that of articles, has been over."""


def test_b26_templates_escape_by_themselves_and_take_no_markup_from_elsewhere() -> None:
    config = template_config()
    environment = config.engine_instance.engine
    assert environment.autoescape is True
    found = {}
    for file in (ROOT / "helpdesk").rglob("*.html"):
        left = SAFE_IN_TEMPLATES.sub("", file.read_text(encoding="utf-8").replace('\\"', "'"))
        if file.name in CLEANED:
            left = left.replace(f"{CLEANED[file.name]} | safe", "")
        if re.search(r"\|\s*safe\b|autoescape", left):
            found[file.name] = re.findall(r".{0,60}\|\s*safe\b.{0,20}", left)
    assert found == {}


def test_b26_what_is_no_text_of_ours_is_escaped_though_a_template_calls_it_one() -> None:
    environment = template_config().engine_instance.engine
    assert environment.from_string("{{ _(text) }}").render(text="<b hx-get=/x>") == "&lt;b hx-get=/x&gt;"
    assert environment.from_string("{{ _('Save') }}").render() == "Save"


def test_b28_t_g_values_go_into_statements_bound_and_never_as_text() -> None:
    found = {f"{file.name}:{line}: {text}" for file in SOURCES for line, text in _interpolated(file)}
    assert sorted(found) == []


def _interpolated(file: Path) -> Iterator[tuple[int, str]]:
    """What the statements of a file are made of but for constants."""
    allowed = NAMES_OF_OUR_OWN.get(file.name, set())
    for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call) or _name_of(call.func) not in STATEMENTS:
            continue
        for part in (part for argument in call.args[:2] for part in ast.walk(argument)):
            if isinstance(part, ast.FormattedValue):
                text = ast.unparse(part.value)
                if not re.fullmatch(r"(\w+\.)?_?[A-Z][A-Z0-9_]*(\[\w+\])?", text) and text not in allowed:
                    yield part.lineno, text


def test_b29_t_g_nothing_runs_text_as_a_program_or_unpacks_it_as_objects() -> None:
    """No shell, no eval, no pickle: what comes from elsewhere is data."""
    forbidden = {"eval", "exec", "system", "popen", "getoutput", "create_subprocess_shell", "import_module_from_text"}
    found = []
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                found += [
                    f"{file.name}: {name}" for name in names if name.split(".")[0] in ("pickle", "marshal", "shelve")
                ]
            if isinstance(node, ast.Call):
                is_bare = isinstance(node.func, ast.Name)
                if _name_of(node.func) in forbidden and (is_bare or _name_of(node.func) not in ("eval", "exec")):
                    found.append(f"{file.name}:{node.lineno}: {_name_of(node.func)}")
                found += [f"{file.name}:{node.lineno}: shell" for key in node.keywords if key.arg == "shell"]
    assert found == []


def test_t_k_no_cell_of_a_file_is_a_formula() -> None:
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\0=1", "  =1", '=HYPERLINK("https://evil.test")']
    for cell in csv_line(hostile).rstrip("\r\n").split(","):
        assert cell.lstrip('"').startswith("'"), cell
    assert csv_line(["a", 1, None, "a=b"]) == "a,1,,a=b\r\n"


def _name_of(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
