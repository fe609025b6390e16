"""The `workshops` program: one group, whose commands are imported only when they are called."""

from __future__ import annotations

from importlib import import_module

import click

from workshops.domain.errors import WorkshopsError

_COMMANDS = {
    "build": "workshops.cli.build",
    "check": "workshops.cli.content",
    "new": "workshops.cli.content",
    "serve": "workshops.cli.serve",
}


class _Program(click.Group):
    """Looks commands up by name, so that `serve` need not load what only `build` uses."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(_COMMANDS[cmd_name]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except WorkshopsError as fault:
            raise click.ClickException(str(fault)) from fault


@click.command(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="workshops")
def main() -> None:
    """Build, serve and run a booking site for training workshops.

    Exit status: 0 done, 1 refused or found faults, 2 wrong usage.
    """
