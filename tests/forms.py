"""A sound booking form as a browser posts it."""

from __future__ import annotations


def a_form(**changes: str | list[str] | None) -> dict[str, list[str]]:
    """Three places on the example workshop with three names; a change of None leaves the field out."""
    form: dict[str, list[str] | None] = {
        "workshop": ["harmful-sexual-behaviour"],
        "run": ["2026-04-28"],
        "rate": ["public-sector"],
        "quantity": ["3"],
        "delegate_name": ["Alex Sample", "Sam Specimen", "Jo Instance"],
        "delegate_email": ["alex@example.police.uk", "sam@example.police.uk", "jo@example.police.uk"],
        "buyer_name": ["Chris Example"],
        "buyer_email": ["chris@example.police.uk"],
        "organisation": ["Example Constabulary"],
        "pay": ["card"],
        "accept_terms": ["yes"],
        "on_behalf_of_organisation": ["yes"],
        "website": [""],
    }
    for field, value in changes.items():
        form[field] = [value] if isinstance(value, str) else value
    return {field: values for field, values in form.items() if values is not None}
