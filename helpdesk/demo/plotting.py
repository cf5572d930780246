"""What becomes of each ticket, step by step: planned before anything is written, the same for the same seed and time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Literal

import msgspec

from helpdesk.demo.texts import CustomerSheet, Story, Words, particulars, people, words
from helpdesk.demo.times import arrivals, at_work, fitted, gap

Verb = Literal["move", "assign", "tag", "prioritise", "note", "light_note", "reply", "join", "set_status", "close"]
COUNTS = {"new": 22, "open": 116, "pending": 39, "on_hold": 17, "solved": 99, "closed": 95}
"""Tickets by the status in which they are found; `oddities` adds the rest of the 400."""
WINDOWS = {
    "new": (timedelta(hours=15), timedelta(minutes=3)),
    "open": (timedelta(days=28), timedelta(hours=2)),
    "pending": (timedelta(days=20), timedelta(hours=4)),
    "on_hold": (timedelta(days=38), timedelta(days=1)),
    "solved": (timedelta(days=6, hours=12), timedelta(hours=5)),
    "closed": (timedelta(days=90), timedelta(days=10)),
}
"""How long ago the tickets of a status began. What was solved 7 days ago is closed by now."""
CLOSES_AFTER = timedelta(days=7)
BY_AGENT = {"move", "assign", "tag", "prioritise", "note", "light_note", "reply", "set_status"}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done to a ticket; `status` is that of a reply or of `set_status`, `file` the kind of a file attached."""

    verb: Verb
    minutes: float
    text: str = ""
    status: str | None = None
    file: str = ""


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket's whole life. `steps` follow the opening, each at its time."""

    story: Story
    customer: CustomerSheet
    subject: str
    text: str
    begins: datetime
    steps: list[tuple[datetime, Step]]
    is_by_phone: bool = False


def plots(at: datetime, rng: Random) -> list[Plot]:
    """The tickets that are there at that time, in the order of their opening."""
    crowd = _crowd(rng)
    made: list[Plot] = []
    for status, count in COUNTS.items():
        earliest, latest = WINDOWS[status]
        for language, share in (("fa", count - count // 2), ("en", count // 2)):
            stories = _dealt(words(language).story, share, rng)
            times = arrivals(share, language, at - earliest, at - latest, rng)
            made += [
                _plot(status, story, rng.choice(crowd[language]), begins, at, rng)
                for story, begins in zip(stories, times, strict=True)
            ]
    return sorted(made, key=lambda plot: plot.begins)


def _crowd(rng: Random) -> dict[str, list[CustomerSheet]]:
    """Who writes, by language: everybody, and some much more often."""
    shops = {one.domain for one in people().organisation}
    crowd: dict[str, list[CustomerSheet]] = {"fa": [], "en": []}
    for one in people().customer:
        crowd[one.language] += [one] * (rng.randint(3, 5) if one.domain in shops else rng.randint(1, 3))
    return crowd


def _dealt(stories: list[Story], count: int, rng: Random) -> list[Story]:
    """Each story once before any comes again, like cards."""
    dealt: list[Story] = []
    while len(dealt) < count:
        dealt += rng.sample(stories, len(stories))
    return dealt[:count]


def _plot(status: str, story: Story, customer: CustomerSheet, begins: datetime, at: datetime, rng: Random) -> Plot:
    spoken, blanks = words(customer.language), particulars(customer, rng)
    steps = [_filled(step, blanks) for step in _steps(status, story, spoken, customer, rng)]
    is_by_phone = rng.random() < 0.04 and status != "new"
    return Plot(
        story=story, customer=customer, begins=begins, steps=_timed(steps, status, customer.language, begins, at, rng),
        subject=story.subject.format_map(blanks), is_by_phone=is_by_phone,
        text=(spoken.calls + story.body if is_by_phone else _letter(story.body, spoken, rng)).format_map(blanks),
    )  # fmt: skip


def _steps(status: str, story: Story, spoken: Words, customer: CustomerSheet, rng: Random) -> Iterator[Step]:
    if status == "new":
        yield from _waiting(spoken, rng)
        return
    yield from _taken_up(story, spoken, rng)
    match status:
        case "open":
            yield from _under_way(story, spoken, customer, rng)
        case "pending":
            if story.then and story.again and rng.random() < 0.6:
                yield from _answered(story, spoken, customer, rng)
                yield _reply(story.again, spoken, customer, rng, status="pending")
            else:
                yield _reply(_ask(story, spoken, rng)[0], spoken, customer, rng, status="pending")
        case "on_hold":
            yield _reply(story.wait or rng.choice(spoken.waits), spoken, customer, rng, status="on_hold")
            yield Step(verb="note", minutes=15, text=story.note or rng.choice(spoken.notes))
        case _:
            yield from _solved(story, spoken, customer, rng)
            if status == "closed":
                yield Step(verb="close", minutes=0)


def _waiting(spoken: Words, rng: Random) -> Iterator[Step]:
    """Nobody has answered yet."""
    if rng.random() < 0.45:
        yield Step(verb="move", minutes=12)
    if rng.random() < 0.2:
        yield Step(verb="light_note", minutes=20, text=rng.choice(spoken.notes))
    if rng.random() < 0.2:
        yield Step(verb="join", minutes=40, text=rng.choice(spoken.additions[:2]))


def _taken_up(story: Story, spoken: Words, rng: Random) -> Iterator[Step]:
    yield Step(verb="move", minutes=18)
    if story.priority != "normal":
        yield Step(verb="prioritise", minutes=1)
    if rng.random() < 0.75:
        yield Step(verb="tag", minutes=1)
    yield Step(verb="assign", minutes=14)
    if story.note and rng.random() < 0.6:
        yield Step(verb="note", minutes=20, text=story.note)
    elif rng.random() < 0.12:
        yield Step(verb="light_note", minutes=35, text=rng.choice(spoken.notes))


def _under_way(story: Story, spoken: Words, customer: CustomerSheet, rng: Random) -> Iterator[Step]:
    """The desk has to act: no answer yet, or the customer has written again."""
    chance = rng.random()
    if chance < 0.3:
        if rng.random() < 0.4:
            yield Step(verb="join", minutes=900, text=rng.choice(spoken.nudges))
        return
    if chance < 0.5:
        yield _reply(story.wait or rng.choice(spoken.waits), spoken, customer, rng)
        if rng.random() < 0.5:
            yield Step(verb="join", minutes=1200, text=rng.choice(spoken.nudges))
        return
    question, reply = _ask(story, spoken, rng)
    yield _reply(question, spoken, customer, rng, status="pending")
    yield Step(verb="join", minutes=240, text=_letter(reply, spoken, rng))
    if chance < 0.75 and story.then:
        yield from _answered(story, spoken, customer, rng)
    if chance > 0.93:
        yield Step(verb="join", minutes=1000, text=rng.choice(spoken.nudges))


def _answered(story: Story, spoken: Words, customer: CustomerSheet, rng: Random) -> Iterator[Step]:
    """The answer, and what the customer says to it."""
    yield _reply(story.answer, spoken, customer, rng, status="pending", file=story.sends)
    yield Step(verb="join", minutes=300, text=_letter(story.then, spoken, rng))


def _solved(story: Story, spoken: Words, customer: CustomerSheet, rng: Random) -> Iterator[Step]:
    if rng.random() < 0.25:
        question, reply = _ask(story, spoken, rng)
        yield _reply(question, spoken, customer, rng, status="pending")
        yield Step(verb="join", minutes=240, text=_letter(reply, spoken, rng))
    if story.then and rng.random() < 0.7:
        yield from _answered(story, spoken, customer, rng)
        if story.again:
            yield _reply(story.again, spoken, customer, rng, status="solved")
            return
    else:
        yield _reply(story.answer, spoken, customer, rng, status="solved", file=story.sends)
        if rng.random() < 0.65:
            return
        yield Step(verb="join", minutes=200, text=rng.choice(spoken.thanks))
    yield Step(verb="set_status", minutes=30, status="solved")


def _ask(story: Story, spoken: Words, rng: Random) -> tuple[str, str]:
    fitting = [one for one in spoken.ask if set(one.tags) & set(story.tags)]
    ask = rng.choice(fitting or [one for one in spoken.ask if not one.tags])
    return ask.text, ask.reply


def _reply(
    text: str, spoken: Words, customer: CustomerSheet, rng: Random, *, status: str | None = None, file: str = ""
) -> Step:
    address = rng.choice(spoken.addresses).format(name=customer.call or customer.name.split()[0])
    closing = rng.choice(spoken.closings) if rng.random() < 0.5 else ""
    whole = "\n\n".join(part for part in (address, text, closing) if part)
    return Step(verb="reply", minutes=45, text=whole, status=status, file=file)


def _letter(text: str, spoken: Words, rng: Random) -> str:
    parts = (rng.choice(spoken.greetings), text, rng.choice(spoken.partings))
    return "\n\n".join(part for part in parts if part)


def _filled(step: Step, blanks: dict[str, str]) -> Step:
    return msgspec.structs.replace(step, text=step.text.format_map(blanks))


def _timed(
    steps: list[Step], status: str, language: str, begins: datetime, at: datetime, rng: Random
) -> list[tuple[datetime, Step]]:
    """Give each step its time; a closed ticket is closed a week after it was solved, by the scheduler."""
    closing = [step for step in steps if step.verb == "close"]
    acting = [step for step in steps if step.verb != "close"]
    latest = at - CLOSES_AFTER - timedelta(hours=2) if closing else at - timedelta(seconds=90)
    # Those that must be shortened would all end in the same minute: each ends a while before, at half its time at most.
    until = latest - min(timedelta(minutes=rng.expovariate(1 / 100)), max((latest - begins) / 2, timedelta()))
    pauses, now = [], begins
    for step in acting:
        then = now + gap(step.minutes, rng)
        then = at_work(then, language, rng) if step.verb in BY_AGENT else then
        pauses.append(then - now)
        now = then
    timed = list(zip(fitted(begins, pauses, until), acting, strict=True))
    return timed + [(timed[-1][0] + CLOSES_AFTER + timedelta(minutes=rng.uniform(0, 4)), step) for step in closing]
