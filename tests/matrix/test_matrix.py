"""Who is answered what by each route (reliability_security C, T-C): the table beside this file is what holds.

A route that is new or answers otherwise fails here. Look at the difference, and when it is right write the table anew:
`WRITE_MATRIX=1 make unit ARGS="-n0 tests/matrix"`.
"""

import os
import re
from pathlib import Path

import pytest
from litestar import Litestar

from tests.matrix.asking import PORTAL, ROLES, Table, answers, routes_of

TABLE = Path(__file__).parent / "routes.txt"
COLUMNS = [*ROLES, "hidden"]
SLICES = 6
"""Parts of the table that can be looked at side by side."""
REFUSED = ("sign-in", "401", "403")
FOR_ALL = (
    "/forms/", "/brand/", "/help", "/sign-in", "/sign-out", "/account/sessions/", "/r/", "/offline", "/service-worker.js", "/robots.txt", "/language/", "/healthz", "/readyz",
    "/metrics", "/console/sign-in", "/console/welcome/", "/console/new-password", "/console/manifest", "/console/panes/style.css", "/api/docs", "/api/openapi.json",
)  # fmt: skip
"""What visitors may ask for without signing in, besides the front page."""
MADE_BY_PEOPLE = re.compile(
    r"\{(token|merge_id|note_id|version_id)\}|/fetching/|/oauth/|/sink/|/drafts/|/undo$|/merge$|/take-in$|/frame$|/proof(/provider)?$|/security/provider/test$|/not-the-same$|/answered$|/reading$|^/console/tickets$"
)
"""Routes about what nobody in the world of this table has made: what they answer then is tested beside each."""


def read_table() -> Table:
    lines = [line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return {(method, path): dict(zip(COLUMNS, found, strict=True)) for method, path, *found in lines}


def write_table(found: Table) -> None:
    head = f"# {'':5}{'route':66}" + "".join(f"{name:>10}" for name in COLUMNS)
    lines = [
        f"{m:7}{p:66}" + "".join(f"{said[name]:>10}" for name in COLUMNS)
        for (m, p), said in sorted(found.items(), key=lambda row: (row[0][1], row[0][0]))
    ]
    TABLE.write_text("\n".join([head, *lines, ""]))


EXPECTED = read_table() if TABLE.exists() else {}


if "WRITE_MATRIX" in os.environ:

    @pytest.mark.timeout(900)
    async def test_write_the_table(app: Litestar, database: None) -> None:
        write_table(await answers(app, routes_of(app)))


def test_the_table_has_every_route_and_no_other(app: Litestar) -> None:
    assert set(EXPECTED) == set(routes_of(app))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("slice_", range(SLICES))
async def test_each_role_is_answered_as_the_table_says(app: Litestar, database: None, slice_: int) -> None:
    routes = sorted(EXPECTED)[slice_::SLICES]
    found = await answers(app, routes)
    assert {route: said for route, said in found.items() if said != EXPECTED[route]} == {}


def test_nobody_gets_in_without_signing_in() -> None:
    let_in = {route for route, said in EXPECTED.items() if said["anonymous"] not in REFUSED}
    assert {path for _, path in let_in if not path.startswith(FOR_ALL) and EXPECTED[_, path]["anonymous"] != "404"} <= {
        "/"
    }


def test_what_a_team_hides_is_not_there_for_others() -> None:
    hidden = {route: said["hidden"] for route, said in EXPECTED.items() if said["hidden"] != "-"}
    shown = {route: said for route, said in hidden.items() if said not in ("404", "403")}
    assert shown == {("GET", "/console/tickets/{number}/row"): "204"}  # as for any ticket that is not in the view
    assert len(hidden) > 60


def test_nothing_fails() -> None:
    assert {
        route for route, said in EXPECTED.items() if any(answer.startswith("5") for answer in said.values())
    } == set()


def test_customers_have_nothing_to_do_with_the_agents_side() -> None:
    agents = {
        route: said["customer"] for route, said in EXPECTED.items() if route[1].startswith(("/console", "/api/v1"))
    }
    let_in = {route for route, said in agents.items() if said not in REFUSED and not route[1].startswith(FOR_ALL)}
    assert let_in == set()


def test_whoever_may_less_is_never_answered_more() -> None:
    """Roles grow: what one is refused, no agent below is allowed."""
    order = ["light", "agent", "manager", "admin"]
    for route, said in EXPECTED.items():
        refused = [said[role] in REFUSED for role in order if "/sessions/" not in route[1]]  # whose own ends, signs in
        assert refused == sorted(refused, reverse=True), route


def test_the_world_has_what_each_route_is_about() -> None:
    """Otherwise a row would say nothing: somebody finds it, unless it is made by what a test cannot send."""
    missing = {
        route
        for route, said in EXPECTED.items()
        if {said["customer" if route[1].startswith(PORTAL) else role] for role in ("agent", "admin")} == {"404"}
    }
    assert {route for route in missing if not MADE_BY_PEOPLE.search(route[1])} == set()
