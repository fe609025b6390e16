"""`python -m workshops`."""

from workshops.cli import main

main(prog_name="workshops")
