"""The way into the settings: every page with what it is for, found in both languages; and the guide of a new installation."""

from functools import cache
from typing import Any, NamedTuple

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk import guiding
from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.kernel.language import LANGUAGES, N_, _, speaking
from helpdesk.kernel.text import normalise
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import may


class Entry(NamedTuple):
    """A page of the settings: `verb` is what its reader must be allowed to do, `words` what people also call it."""

    path: str
    icon: str
    title: str
    about: str
    verb: str = "see"
    words: str = ""


SECTIONS: list[tuple[str, list[Entry]]] = [
    (N_("You"), [
        Entry("/console/preferences", "sliders-horizontal", N_("Preferences"), N_("Your name, language, time zone, theme and signature."), words=N_("dark mode, calendar, profile")),
        Entry("/console/account", "key-round", N_("Account and safety"), N_("Password, second factor, and where you are signed in."), words=N_("two-factor, TOTP, sessions, devices")),
        Entry("/console/availability", "clock", N_("Availability"), N_("Whether tickets are given to you, and who stands in."), words=N_("away, holiday, out of office")),
        Entry("/console/notices", "bell", N_("Notices"), N_("What concerns you, and what you have not looked at."), words=N_("notifications")),
        Entry("/console/preferences/notices", "alarm-clock", N_("What I am told of"), N_("In the centre, in the browser or by mail; quiet hours, and notices on this device."), words=N_("notifications, push, do not disturb, quiet hours, e-mail")),
        Entry("/console/keys", "keyboard", N_("Keys"), N_("What you press in place of the mouse."), words=N_("shortcuts, keyboard, hotkeys")),
        Entry("/console/canned-texts", "message-square-quote", N_("My canned texts"), N_("What you write often, put into an answer with a slash."), words=N_("snippets, templates, macros, saved replies, shortcuts")),
        Entry("/console/tokens", "code", N_("API tokens"), N_("Let a program work in your name."), "create_token", N_("keys, integration, developer")),
    ]),
    (N_("The helpdesk"), [
        Entry("/console/settings/guide", "circle-check", N_("First steps"), N_("From nothing to the first ticket by mail."), "manage_channels", N_("start, setup, guide")),
        Entry("/console/agents", "users", N_("Agents"), N_("Who works here, and what they may do."), "see_agents", N_("users, colleagues, roles, invite, permissions")),
        Entry("/console/teams", "users-round", N_("Teams"), N_("Groups of agents, who sees their tickets, and how these are given out."), "manage_teams", N_("groups, departments, assignment, round robin, capacity")),
        Entry("/console/channels", "mail", N_("Mailboxes"), N_("Addresses that customers write to, and the servers behind them."), "manage_channels", N_("e-mail, IMAP, SMTP, signature, automatic texts, opening hours, autoreply")),
        Entry("/console/settings/forms", "globe", N_("Web forms"), N_("Pages and frames on which customers ask."), "manage_channels", N_("contact form, embed, fields, questions")),
        Entry("/console/settings/brand", "star", N_("Branding"), N_("Name, logo and colours of all that customers see."), "manage_channels", N_("logo, colours, portal, name")),
        Entry("/console/settings/tags", "tag", N_("Tags"), N_("Words that group tickets: rename, merge and delete them everywhere."), "manage_tags", N_("labels, categories")),
        Entry("/console/settings/canned-texts", "message-square-quote", N_("Canned texts"), N_("What is written often, for everybody and for each team."), "manage_canned_texts", N_("snippets, templates, macros, saved replies, placeholders")),
        Entry("/console/settings/synonyms", "search", N_("Words that mean the same"), N_("What customers call what your articles call otherwise."), "manage_synonyms", N_("synonyms, thesaurus, search")),
        Entry("/console/settings/policies", "alarm-clock", N_("SLA policies"), N_("What is promised to which tickets, and what is done when time runs out."), "manage_policies", N_("response times, deadlines, escalation, targets, OLA")),
        Entry("/console/settings/calendars", "calendar-days", N_("Calendars and holidays"), N_("When work is done, and so when promised times run."), "manage_calendars", N_("business hours, working hours, opening hours, holidays, time zone, Ramadan, iCalendar, schedule")),
        Entry("/console/settings/customer-promises", "message-square", N_("The promise to customers"), N_("Whether customers read until when they have an answer."), "manage_policies", N_("SLA, answer time, acknowledgement, expectation")),
        Entry("/console/security", "shield", N_("Security"), N_("Second factors, lengths of sessions and passwords, sign-in by another provider."), "manage_security", N_("TOTP, SSO, OIDC, passwords, sessions")),
    ]),
    (N_("Behind the scenes"), [
        Entry("/console/mail-log", "inbox", N_("Mail log"), N_("Every mail that came, and what became of it."), "see_mail_log", N_("missing mail, lost mail, received")),
        Entry("/console/senders", "lock", N_("Blocked senders"), N_("Whose mail is kept out, and whose always comes in."), "manage_senders", N_("block, allow, spam")),
        Entry("/console/filters", "settings", N_("Mail filters"), N_("What happens to a mail before it is a ticket."), "manage_filters", N_("rules, headers, drop, team, priority")),
        Entry("/console/keeping", "trash-2", N_("Spam and retention"), N_("How long spam, trash and mails are kept, and what was erased."), "manage_keeping", N_("erase, delete, privacy, GDPR, days")),
        Entry("/console/suppressions", "circle-alert", N_("Suppressed addresses"), N_("Where nothing is written to, since mails came back or somebody complained."), "lift_suppressions", N_("bounces, complaints, undeliverable")),
        Entry("/console/audit", "book-open", N_("Audit log"), N_("Who changed what in the settings, and who signed in."), "see_audit", N_("history, security, log")),
        Entry("/console/queues", "history", N_("Queues"), N_("Whether all processes run, and what waits for them."), "see_queues", N_("health, status, worker, slow, processes, version")),
    ]),
]  # fmt: skip


class SettingsHomeController(Controller):
    path = "/console/settings"

    @get("/")
    async def show(self, request: Request, agent: Me, q: Text = "") -> Template:
        """The pages that the agent may open; while one types, those that fit."""
        sections = [
            (title, [one for one in entries if may(agent, one.verb) and _fits(one, q)]) for title, entries in SECTIONS
        ]
        shown: dict[str, Any] = {"sections": [(title, found) for title, found in sections if found], "q": q.strip()}
        if wants_fragment(request):
            return render("settings/_home.html", **shown)
        steps = await guiding.guide(by=agent) if may(agent, "manage_channels") else None
        return render("settings/home.html", **await frame(agent), **shown, guide=steps, steps=guiding.STEPS)

    @get("/guide")
    async def guide(self, agent: Me) -> Template:
        """The steps from nothing to the first ticket by mail."""
        return await _guide(agent)

    @post("/guide", status_code=200)
    async def close_guide(self, agent: Me, form: Typed) -> Response:
        """Show the guide by itself no longer (`closed`), or again."""
        closed = form.is_checked("closed")
        await guiding.close_guide(closed=closed, by=agent, at=now())
        return see_other("/console/settings" if closed else "/console/settings/guide")


async def _guide(agent: SignedIn) -> Template:
    found = await guiding.guide(by=agent)
    return render("settings/guide.html", **await frame(agent), guide=found, steps=guiding.STEPS)


def _fits(entry: Entry, q: str) -> bool:
    """Whether every word of the search is in the entry, in any of our languages."""
    words = _words(entry)
    return all(word in words for word in normalise(q).split())


@cache
def _words(entry: Entry) -> str:
    said = [entry.path]
    for language in LANGUAGES:
        with speaking(language):
            said += [_(text) for text in (entry.title, entry.about, entry.words) if text]
    return normalise(" ".join(said))
