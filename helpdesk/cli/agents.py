"""`helpdesk agent`, `helpdesk token` and `helpdesk first-admin-link`."""

import sys

import rich_click as click

from helpdesk.cli.surroundings import run
from helpdesk.kernel.errors import HelpdeskError, NotFound


@click.command("first-admin-link")
def first_admin_link() -> None:
    """Print the link that creates the first admin; nothing once there is an agent."""
    run(_first_admin_link)


@click.group()
def agent() -> None:
    """Agents."""


@agent.command()
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice(["admin", "manager", "agent", "light_agent"]))
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")
def create(email: str, name: str, role: str, password_stdin: bool) -> None:
    """Create an agent. Without a password, print a link with which they choose one."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if password_stdin and not password:
        raise HelpdeskError("there is no password on stdin")
    run(lambda: _create_agent(email, name, role, password))


@agent.command("reset-two-factor")
@click.option("--email", required=True)
def reset_two_factor(email: str) -> None:
    """Take an agent's second factor away, sign them out everywhere and tell them by mail."""
    run(lambda: _reset_two_factor(email))


@agent.command("sign-in-link")
@click.option("--email", required=True)
def sign_in_link(email: str) -> None:
    """Print a link that signs an administrator in, once, within 15 minutes: when the provider or all passwords fail."""
    run(lambda: _sign_in_link(email))


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--agent", "email", required=True, help="The agent's e-mail address.")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
def create_token(email: str, name: str) -> None:
    """Create an API token and print it; it is shown only now."""
    run(lambda: _create_token(email, name))


async def _first_admin_link() -> None:
    from helpdesk.kernel.time import now
    from helpdesk.people.links import first_admin_link

    if link := await first_admin_link(at=now()):
        click.echo(link)


async def _create_agent(email: str, name: str, role: str, password: str | None) -> None:
    from helpdesk.kernel.database import transaction
    from helpdesk.kernel.time import now
    from helpdesk.people import passwords
    from helpdesk.people.agents import add_agent
    from helpdesk.people.links import INVITATION, make_link
    from helpdesk.people.tables import Agent

    password_hash = None
    if password is not None:
        await passwords.check_new(password, about=email)
        password_hash = await passwords.hash_password(password)
    async with transaction():
        agent = await add_agent(email=email, name=name, role=role, at=now())
        if password_hash:
            await Agent.update({Agent.password_hash: password_hash}).where(Agent.id == agent.id)
        link = None if password_hash else await make_link(INVITATION, agent.id, at=now())
    if link:
        click.echo(link)


async def _create_token(email: str, name: str) -> None:
    from helpdesk.kernel.time import now
    from helpdesk.people.api_tokens import create_token
    from helpdesk.people.tables import Agent

    agent = await Agent.objects().where(Agent.email == email.strip().lower(), Agent.deactivated_at.is_null()).first()
    if agent is None:
        raise NotFound(f"there is no agent with the address {email}")
    click.echo(await create_token(agent.id, name, at=now()))


async def _sign_in_link(email: str) -> None:
    from helpdesk.kernel.time import now
    from helpdesk.people.rescuing import rescue_link

    click.echo(await rescue_link(email, at=now()))


async def _reset_two_factor(email: str) -> None:
    from helpdesk.deliveries.system_mail import tell_of_change
    from helpdesk.kernel.database import transaction
    from helpdesk.kernel.time import now
    from helpdesk.people.resetting import reset_factor
    from helpdesk.people.tables import Agent

    agent = await Agent.objects().where(Agent.email == email.strip().lower()).first()
    if agent is None:
        raise NotFound(f"there is no agent with the address {email}")
    async with transaction():
        had_one = await reset_factor(agent.id, by=None, at=now())
        if had_one:
            await tell_of_change(agent.id, "factor_reset", at=now())
    click.echo(f"{email} signs in with the password alone now" if had_one else f"{email} has no second factor")
