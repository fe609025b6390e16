"""The one base of every error this project anticipates."""


class WorkshopsError(Exception):
    """Something foreseen went wrong; subclasses carry the evidence and say it in a sentence."""
