"""The `helpdesk` command."""

import sys
import warnings

import rich_click as click

from helpdesk.cli import cli
from helpdesk.cli.failing import in_one_line


def main() -> None:
    """Run the command of `sys.argv`. What goes wrong is one line on stderr and a non-zero exit."""
    # piccolo asks for the server's version when it is set up; who needs the database says itself that it is away
    warnings.filterwarnings("ignore", message=".*Unable to (connect to database|fetch server version)")
    try:
        status = cli.main(prog_name="helpdesk", standalone_mode=False)
    except Exception as error:
        said = in_one_line(error)
        if said is None:
            raise
        line, status = said
        if line:
            click.echo(f"helpdesk: {line}", err=True)
    except KeyboardInterrupt:
        status = 130
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
