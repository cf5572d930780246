"""Every change of the settings leaves a line in the audit log: each route is asked, or stands on a list with the reason why not."""

import re
from collections.abc import Callable
from typing import Any

from litestar import Litestar

from helpdesk.console.audit_words import field_name, value_words
from helpdesk.kernel.database import rows
from helpdesk.kernel.language import speaking
from helpdesk.kernel.time import now
from helpdesk.people.sessions import open_session
from tests.console.browsing import Browser
from tests.matrix.asking import routes_of
from tests.matrix.world import make_world

Browsers = Callable[[], Browser]
SETTINGS = re.compile(r"/console/(account|agents|audit|canned-texts|channels|filters|keeping|security|senders|settings|suppressions|teams|tokens)\b")  # fmt: skip
MAILBOX = {"name": "Sales", "address": "sales@helpdesk.test", "language": "fa", "team": "", "signature": "Bye"}
SERVER = {"receiving_host": "mail.test", "receiving_port": "993", "receiving_tls": "implicit", "receiving_username": "u", "receiving_password": "p", "receiving_folder": "INBOX", "receiving_afterwards": "seen"}  # fmt: skip
OAUTH = {"provider": "google", "client_id": "x", "client_secret": "y"}
FORM = {"name": "More", "slug": "more", "language": "en", "priority": "normal", "asks_name": "optional", "asks_subject": "no", "asks_phone": "no", "title-en": "Write to us"}  # fmt: skip
FILTER = {"name": "Partner", "field-0": "from", "test-0": "contains", "value-0": "@x.test", "priority": "high"}
CANNED: dict[str, Any] = {
    "name": "Thanks",
    "shortcut": "thanks",
    "audience": "all",
    "text": ["Thank you.", ""],
    "html": ["", ""],
}
PROVIDER = {"name": "P", "issuer": "https://p.test", "client_id": "x", "client_secret": "y", "break_glass": ""}
CALENDAR = {"name": "Office", "zone": "Europe/Berlin", "kind": "hours", "day-0": "9-17"}
CHANGES: dict[str, dict[str, Any]] = {
    "/console/keeping": {"trash_kept_days": "7", "raw_kept_days": "30"},
    "/console/security": {"session_idle_minutes": "60", "session_days": "7", "shortest_password": "12"},
    "/console/security/provider": PROVIDER,
    "/console/security/provider/removal": {},
    "/console/settings/brand": {"name": "Ours", "title-en": "Hello"},
    "/console/settings/forms/new": FORM,
    "/console/settings/forms/{form_id}": FORM | {"slug": "contact", "name": "Changed"},
    "/console/settings/forms/{form_id}/use": {},
    "/console/settings/tags/change": {"tag": "old", "becomes": "new"},
    "/console/settings/tags/deletion": {"tag": "new"},
    "/console/senders": {"pattern": "more.test"},
    "/console/senders/{rule_id}/removal": {},
    "/console/filters/new": FILTER,
    "/console/filters/{filter_id}": FILTER | {"name": "Changed"},
    "/console/filters/{filter_id}/use": {},
    "/console/filters/{filter_id}/up": {},
    "/console/filters/{filter_id}/removal": {},
    "/console/teams/new": {"name": "Billing"},
    "/console/teams/{team_id}": {"name": "Sellers"},
    "/console/teams/away": {"away_after_minutes": "45"},
    "/console/channels/new": MAILBOX,
    "/console/channels/{channel_id}": MAILBOX | {"name": "Changed", "address": "support@helpdesk.test"},
    "/console/channels/{channel_id}/servers/{way}": SERVER,
    "/console/channels/{channel_id}/oauth": OAUTH,
    "/console/channels/{channel_id}/oauth/disconnection": {},
    "/console/channels/{channel_id}/servers/{way}/removal": {},
    "/console/channels/{channel_id}/texts/articles": {},
    "/console/channels/{channel_id}/texts/hours": {"limited": "1", "zone": "UTC", "day-0": "9-17"},
    "/console/channels/{channel_id}/texts/{kind}/{language}": {"subject": "Hello", "body": "Number {{number}}"},
    "/console/channels/{channel_id}/texts/{kind}/{language}/reset": {},
    "/console/channels/{channel_id}/use": {},
    "/console/canned-texts/new": CANNED,
    "/console/canned-texts/{text_id}": CANNED | {"name": "Changed", "shortcut": "other"},
    "/console/canned-texts/{text_id}/deletion": {},
    "/console/canned-texts/{text_id}/restoration": {},
    "/console/tokens": {"name": "mine"},
    "/console/tokens/{token_id}/revocation": {},
    "/console/agents/new": {"email": "nora@helpdesk.test", "name": "Nora", "role": "agent", "language": "en"},
    "/console/agents/{agent_id}/capacity": {"capacity": "5"},
    "/console/agents/{agent_id}/availability": {"availability": "out"},
    "/console/agents/{agent_id}/invitation": {},
    "/console/agents/{agent_id}/provider/removal": {},
    "/console/agents/{agent_id}/sessions/{session_id}/end": {},
    "/console/agents/{agent_id}/sessions/end": {},
    "/console/agents/{agent_id}": {"name": "Ben", "role": "manager"},
    "/console/agents/{agent_id}/activity": {},
    "/console/audit/export": {},
    "/console/settings/policies/ready-made": {},
    "/console/settings/policies/new": {"name": "Second", "first_reply-any": "4"},
    "/console/settings/policies/{policy_id}": {"name": "Changed", "first_reply-any": "5"},
    "/console/settings/policies/{policy_id}/use": {},
    "/console/settings/policies/{policy_id}/place": {},
    "/console/settings/policies/order": {"policy": ["3", "2", "1"]},
    "/console/settings/policies/{policy_id}/removal": {},
    "/console/settings/calendars/ready-made": {"kind": "office"},
    "/console/settings/calendars/new": CALENDAR,
    "/console/settings/calendars/{calendar_id}": CALENDAR | {"name": "Changed"},
    "/console/settings/calendars/default": {"calendar": "1"},
    "/console/settings/calendars/of/{owner}/{owner_id}": {"calendar": "1"},
    "/console/settings/calendars/{calendar_id}/use": {},
    "/console/settings/calendars/holidays/new": {"kind": "manual", "name": "Ours"},
    "/console/settings/calendars/holidays/{set_id}": {"name": "Changed"},
    "/console/settings/calendars/holidays/{set_id}/days": {"day": "2027-01-06", "name": "Epiphany"},
    "/console/settings/calendars/holidays/{set_id}/removal": {},
    "/console/settings/customer-promises": {"told": "1"},
    "/console/settings/synonyms/{language}": {"groups": "parcel, packet"},
    "/console/account/sessions/{session_id}/end": {},
    "/console/account/sessions/end-others": {},
    "/console/account/password": {"password": "other unrelated words"},
}  # fmt: skip
"""What is changed, one after the other in one world; what must come first stands first."""
ACCOUNT = "tests/console/test_account.py, with the codes and links that it needs"
WITHOUT: dict[str, str] = {
    "/console/account/address": "changes nothing before the link in the mail is followed",
    "/console/account/address/{token}": ACCOUNT,
    "/console/account/factor": ACCOUNT,
    "/console/account/factor/removal": ACCOUNT,
    "/console/account/recovery-codes": ACCOUNT,
    "/console/agents/{agent_id}/factor/reset": "tests/people/test_second_factor.py, with a factor to take away",
    "/console/canned-texts/preview": "a preview",
    "/console/canned-texts/{text_id}/use": "counts how often it is used",
    "/console/channels/{channel_id}/fetching/earlier": "takes mails in, each with its line in the mail log",
    "/console/channels/{channel_id}/fetching/gap": "a warning was read",
    "/console/channels/{channel_id}/fetching/now": "takes mails in, each with its line in the mail log",
    "/console/channels/{channel_id}/oauth/consent": "leads to the provider; who comes back is written down",
    "/console/channels/{channel_id}/test": "a test",
    "/console/channels/{channel_id}/texts/{kind}/{language}/preview": "a preview",
    "/console/channels/{channel_id}/texts/{kind}/{language}/test": "a mail to oneself",
    "/console/security/provider/test": "a test",
    "/console/security/provider/trial": "leads to the provider",
    "/console/settings/brand/preview": "a preview",
    "/console/settings/forms/preview": "a preview",
    "/console/settings/calendars/holidays/{set_id}/days/judgement": "tests/console/test_calendars.py, with an estimated day to judge",
    "/console/settings/calendars/holidays/{set_id}/refresh": "tests/console/test_calendars.py, with an address to fetch",
    "/console/settings/policies/row": "draws a row of the form",
    "/console/settings/guide": "whether the first steps show by themselves",
    "/console/suppressions/{suppression_id}/lift": "work of agents, with an address of a customer, who can be erased",
}  # fmt: skip


def test_every_route_of_the_settings_is_looked_at(app: Litestar) -> None:
    routes = {path for method, path in routes_of(app) if method != "GET" and SETTINGS.match(path)}
    assert routes ^ (CHANGES.keys() | WITHOUT.keys()) == set()


async def test_each_change_leaves_a_line_that_says_who_and_from_where(browser: Browsers, database: None) -> None:
    people = await make_world()
    alma, ben = people["alma"], people["ben"]
    visitor = await browser().sign_in(alma)
    await rows("UPDATE hd_ticket SET tags = ARRAY['old'] WHERE number = 1001")
    await rows("INSERT INTO hd_oidc_identity (agent, issuer, subject, since) VALUES ({}, 'i', 's', now())", ben.id)
    values = {"form_id": 1, "rule_id": 1, "filter_id": 2, "team_id": 1, "channel_id": 1, "way": "receiving", "kind": "acknowledgement", "language": "en", "text_id": 1, "token_id": 1, "agent_id": ben.id, "policy_id": 2, "calendar_id": 2, "owner": "team", "owner_id": 1, "set_id": 2}  # fmt: skip
    silent = {}
    for path, form in CHANGES.items():
        who = alma if path.startswith("/console/account") else ben
        await open_session(who.id or 0, address="192.0.2.7", user_agent="other", at=now())
        [[session]] = [[row["id"]] for row in await rows("SELECT max(id) AS id FROM hd_session")]
        [before] = await rows("SELECT coalesce(max(id), 0) AS id FROM hd_audit")
        answer = await visitor.post(path.format_map(values | {"session_id": session}), form)
        lines = await rows("SELECT actor, address FROM hd_audit WHERE id > {}", before["id"])
        if not lines or any((line["actor"], line["address"]) != (alma.id, "127.0.0.1") for line in lines):
            silent[path] = (answer.status_code, lines)
    assert silent == {}
    changed = await rows("SELECT DISTINCT jsonb_object_keys(changes) AS name FROM hd_audit")
    assert {row["name"] for row in changed if field_name(row["name"]) == row["name"]} == set()
    assert (await visitor.get("/console/audit")).status_code == 200


def test_codes_and_ids_are_said_in_the_readers_words() -> None:
    with speaking("fa"):
        assert field_name("en.title") == "عنوان (English)"
        assert value_words("member_ids", [1, 9], {1: "Ben"}) == "\u2068Ben\u2069، \u2068۹\u2069"
        assert value_words("method", "password+code", {}) == "گذرواژه + کد برنامه"
        assert value_words("role", "admin", {}) == "مدیر سامانه"
    assert value_words("capacities", {"1": 5}, {1: "Ben"}) == "Ben: 5"
    assert [value_words("x", one, {}) for one in (None, [], True, "odd", 7)] == ["–", "–", "yes", "odd", "7"]
