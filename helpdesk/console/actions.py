"""What can be done without the mouse, and the keys for it: the one table that the page, the palette and the sheet of keys use.

A press is written by the physical key (`event.code`), so that it is the same in every layout: `KeyE`, `Shift+KeyE`; two
presses one after the other are `KeyG KeyI`. What an action does stands in `frontend/scripts/keys.js`.
"""

from typing import NamedTuple

import msgspec

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import N_, _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import may


class Action(NamedTuple):
    """`press` is "" where nobody needs a key; `path` is the page it leads to; `verb` what its reader must be allowed to do.

    What `is_fixed` is pressed as everywhere, and is in no palette.
    """

    name: str
    press: str
    title: str
    icon: str = "circle-dot"
    verb: str = "see"
    path: str = ""
    words: str = ""
    is_fixed: bool = False


TABLE: list[tuple[str, list[Action]]] = [
    (N_("This ticket"), [
        Action("solve", "KeyE", N_("Solve"), "circle-check", "solve", words=N_("resolve, done, close")),
        Action("solve_next", "Shift+KeyE", N_("Solve, and open the next one"), "check-check", "solve"),
        Action("reopen", "", N_("Reopen"), "rotate-cw", "solve"),
        Action("assign", "KeyA", N_("Assign to…"), "circle-user", "assign", words=N_("assignee, owner, colleague")),
        Action("assign_me", "KeyI", N_("Take it"), "user", "assign", words=N_("assign to me, mine")),
        Action("team", "KeyT", N_("Change the team…"), "users", "change", words=N_("group, department")),
        Action("status", "KeyS", N_("Change the status…"), "circle-dot", "change", words=N_("state, pending, on hold")),
        Action("priority", "KeyP", N_("Change the priority…"), "flag", "change", words=N_("urgent, high, low")),
        Action("tags", "KeyL", N_("Change the tags…"), "tag", "change", words=N_("labels")),
        Action("snooze", "KeyH", N_("Snooze…; pressed twice: until the customer writes"), "alarm-clock", "change", words=N_("remind, later, wait")),
        Action("articles", "KeyB", N_("Articles for this ticket"), "book-open", words=N_("suggestions, knowledge, answer")),
        Action("copy_number", "Period", N_("Copy the number; twice with the subject, three times with the link"), "copy"),
        Action("unread", "", N_("Mark as unread"), "mail"),
        Action("merge", "", N_("Merge into…"), "merge", "change", words=N_("join, duplicate")),
        Action("print", "", N_("Print"), "printer"),
        Action("transcript", "", N_("Transcript…"), "download", words=N_("export, text")),
        Action("spam", "", N_("Mark as spam"), "shield", "throw_away"),
        Action("trash", "", N_("Move to the trash"), "trash-2", "throw_away", words=N_("delete, throw away")),
    ]),
    (N_("Writing"), [
        Action("reply", "KeyR", N_("Reply"), "reply", "reply", words=N_("answer, write")),
        Action("reply_sender", "Shift+KeyR", N_("Reply to the sender only"), "reply", "reply"),
        Action("note", "KeyN", N_("Write a note"), "lock", "note", words=N_("internal, comment")),
        Action("forward", "KeyF", N_("Ask outside"), "forward", "reply", words=N_("forward, supplier")),
        Action("insert_article", "", N_("Put an article into the text (type ??)"), "book-open", "note", words=N_("answer, help centre, link")),
        Action("send", "Ctrl+Enter", N_("Send"), verb="note", is_fixed=True),
        Action("send_solve", "Ctrl+Shift+Enter", N_("Send and solve"), verb="reply", is_fixed=True),
        Action("undo", "KeyZ", N_("Undo what was done last"), "undo-2"),
    ]),
    (N_("Moving about"), [
        Action("next", "KeyJ", N_("Next ticket"), "arrow-down"),
        Action("previous", "KeyK", N_("Previous ticket"), "arrow-up"),
        Action("open", "Enter", N_("Open the ticket"), is_fixed=True),
        Action("back", "Escape", N_("Back: out of the text, then to the list"), is_fixed=True),
        Action("select", "KeyX", N_("Select the ticket"), "check", "change"),
        Action("select_more", "Shift+ArrowDown Shift+ArrowUp", N_("Select one row after the other"), verb="change", is_fixed=True),
        Action("jump", "KeyU", N_("To what is new"), "arrow-down"),
        Action("layout", "KeyV", N_("List beside the ticket, or a whole table"), "table-2", words=N_("layout, split")),
        Action("views", "BracketRight", N_("Show the views, or put them away"), "panel-left"),
        Action("person", "BracketLeft", N_("Show the customer's panel, or put it away"), "panel-right"),
    ]),
    (N_("Going to"), [
        Action("palette", "Ctrl+KeyK", N_("Commands, tickets, people and pages"), is_fixed=True),
        Action("search", "Slash", N_("Search tickets"), "search", words=N_("find")),
        Action("new", "KeyC", N_("New ticket"), "plus", "open", "/console/tickets/new", N_("create, open, phone call")),
        Action("go_inbox", "KeyG KeyI", N_("Inbox"), "inbox", path="/console"),
        Action("go_unassigned", "KeyG KeyU", N_("Unassigned"), "inbox", path="/console?view=unassigned"),
        Action("go_waiting", "KeyG KeyW", N_("Waiting for customer"), "inbox", path="/console?view=pending"),
        Action("go_drafts", "KeyG KeyD", N_("Drafts"), "pencil", path="/console?view=drafts"),
        Action("go_customers", "KeyG KeyC", N_("Customers"), "users-round", path="/console/customers"),
        Action("go_knowledge", "KeyG KeyK", N_("Knowledge"), "book-open", path="/console/knowledge", words=N_("articles, help centre")),
        Action("go_reports", "KeyG KeyR", N_("Reports"), "chart-column", "see_own_figures", "/console/reports", N_("figures, statistics, response times")),
        Action("go_view", "Digit1-9", N_("The first view, the second, and so on"), is_fixed=True),
        Action("help", "Shift+Slash", N_("Show these keys"), "keyboard", words=N_("help, shortcuts")),
    ]),
]  # fmt: skip

ACTIONS = {action.name: action for _title, actions in TABLE for action in actions}
CHOSEN = {name: action for name, action in ACTIONS.items() if not action.is_fixed}
"""Those whose keys agents may choose."""

_SIGNS = {
    "Slash": "/", "Period": ".", "Comma": ",", "BracketLeft": "[", "BracketRight": "]", "Semicolon": ";", "Quote": "'",
    "Backslash": "\\", "Backquote": "`", "Minus": "-", "Equal": "=",
}  # fmt: skip
_LABELS = _SIGNS | {"Enter": "Enter", "Escape": "Esc", "ArrowDown": "↓", "ArrowUp": "↑", "Digit1-9": "1–9"}
_KEYS = {chr(letter): f"Key{chr(letter).upper()}" for letter in range(ord("a"), ord("z") + 1)} | {
    sign: code for code, sign in _SIGNS.items()
}
_MOST_PRESSES = 2


def pressed(name: str, agent: SignedIn) -> str:
    """What the agent presses for the action; "" is nothing."""
    action = ACTIONS[name]
    if action.is_fixed:
        return action.press
    return agent.keys.get(name, action.press) if agent.uses_keys else ""


def keys_of(agent: SignedIn) -> dict[str, str]:
    """For each press what it does: the name of an action, or the path that it leads to. As the page gives it to its script."""
    allowed = [action for action in CHOSEN.values() if may(agent, action.verb)]
    return {press: one.path or one.name for one in allowed if (press := pressed(one.name, agent))}


def shown(press: str) -> list[str]:
    """A press as keys are labelled, one for each stroke: `Shift+KeyE` is `Shift+E`, `Shift+Slash` is `?`."""
    return ["?" if stroke == "Shift+Slash" else "+".join(map(_label, stroke.split("+"))) for stroke in press.split()]


def _label(code: str) -> str:
    return _LABELS.get(code) or code.removeprefix("Key")


def read_press(typed: str) -> str:
    """`shift+e`, `G I` or `?` as a press, "" for nothing; raises ValueError for what is no key that may be chosen."""
    strokes = typed.replace("?", "shift+/").lower().split()
    if len(strokes) > _MOST_PRESSES:
        raise ValueError(typed)
    return " ".join(_read_stroke(stroke) for stroke in strokes)


def _read_stroke(stroke: str) -> str:
    key = stroke.removeprefix("shift+")
    if key not in _KEYS:
        raise ValueError(stroke)
    return ("Shift+" if key != stroke else "") + _KEYS[key]


def read_choice(typed: dict[str, str]) -> dict[str, str]:
    """What differs from the usual, by the names of actions; raises Invalid at each that is no key, or is there twice."""
    presses, errors = {}, {}
    for name, action in CHOSEN.items():
        try:
            presses[name] = read_press(typed.get(name, " ".join(shown(action.press))))
        except ValueError:
            errors[name] = _("Choose a letter or a sign, with Shift or another before it: E, Shift+E, G I.")
    for name, press in presses.items():
        rival = next(
            (other for other, its in presses.items() if other != name and press and _collide(press, its)), None
        )
        if rival:
            errors[name] = _("This is also the key of “%(action)s”.") % {"action": _(ACTIONS[rival].title)}
    if errors:
        raise Invalid(**errors)
    return {name: press for name, press in presses.items() if press != ACTIONS[name].press}


def _collide(press: str, other: str) -> bool:
    """Whether one is the other, or its beginning: then the longer one could never be pressed."""
    return bool(other) and (f"{press} ".startswith(f"{other} ") or f"{other} ".startswith(f"{press} "))


def as_json(agent: SignedIn) -> str:
    return msgspec.json.encode(keys_of(agent)).decode()
