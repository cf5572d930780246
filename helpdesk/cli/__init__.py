"""The command line. Commands are imported when they are run, so that `helpdesk --help` is quick."""

from importlib import import_module

import rich_click as click

COMMANDS = {
    "up": ("processes", "Run everything: the servers, the web, the mail, the workers."),
    "web": ("processes", "Run the web server."),
    "worker": ("processes", "Run a worker: it takes in mail, follows up events, sends."),
    "scheduler": ("processes", "Run a scheduler: it finds what is due or was left behind."),
    "mail-server": ("processes", "Run the mail server: SMTP and LMTP in."),
    "mail-sink": ("processes", "Run the demo's mail server: it keeps outgoing mail in a folder."),
    "migrate": ("upkeep", "Bring the database up to date."),
    "doctor": ("doctor", "Check everything and say what to do."),
    "demo": ("upkeep", "Fill the desk with lifelike examples."),
    "first-admin-link": ("agents", "Print the link that creates the first admin, while there is no agent."),
    "agent": ("agents", "Agents."),
    "token": ("agents", "API tokens."),
    "mail": ("mail", "Incoming mail: hand one in, see what became of them."),
    "index": ("index", "The index of articles."),
    "backup": ("archive", "Write everything to one file."),
    "export": ("exports", "Write the articles to a folder, as Markdown."),
    "restore": ("archive", "Read a backup into an empty installation."),
}


class Commands(click.RichGroup):
    """Knows its commands by name and summary; the module is imported for the one that is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        known = COMMANDS.get(cmd_name)
        return click.RichCommand(name=cmd_name, help=known[1]) if known else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name and command:
            module = import_module(f"helpdesk.cli.{COMMANDS[name][0]}")
            command = getattr(module, name.replace("-", "_"))
        return name, command, rest


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="helpdesk", message="%(version)s")
def cli() -> None:
    """A helpdesk that a company runs itself."""
