"""Lengths and counts that Stripe holds parameters to, which its library's types do not tell."""

from collections.abc import Iterator
from typing import Any

from workshops.local.payment_double.refusal import BadParameter
from workshops.local.payment_double.schema import Path, spell

TEXT = 5000
METADATA_KEYS, METADATA_KEY, METADATA_VALUE = 50, 40, 500

TEXT_LIMITS = {
    "client_reference_id": 200,
    "custom_text.after_submit.message": 1200,
    "custom_text.submit.message": 1200,
    "custom_text.terms_of_service_acceptance.message": 1200,
    "custom_fields.label.custom": 50,
    "display_name": 100,
    "invoice_creation.invoice_data.custom_fields.name": 40,
    "invoice_creation.invoice_data.custom_fields.value": 140,
    "invoice_creation.invoice_data.description": 1500,
    "jurisdiction": 50,
    "line_items.price_data.product_data.description": 40000,
    "line_items.price_data.product_data.unit_label": 12,
    "payment_intent_data.description": 1000,
    "payment_intent_data.statement_descriptor": 22,
    "payment_intent_data.statement_descriptor_suffix": 22,
}
COUNT_LIMITS = {
    "custom_fields": 3,
    "invoice_creation.invoice_data.custom_fields": 4,
    "line_items": 100,
    "line_items.price_data.product_data.images": 8,
    "line_items.tax_rates": 5,
    "types": 20,
}


def check(params: dict[str, Any]) -> None:
    """Raises BadParameter for a text that is too long, a list with too many items, or metadata beyond its limits."""
    for path, value in _walk(params, ()):
        if isinstance(value, str):
            _check_text(path, value)
        elif isinstance(value, list):
            _check_count(path, value)
        elif path[-1] == "metadata":
            _check_metadata(path, value)


# ---


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 - parameters nest freely
    if path:
        yield path, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(inner, (*path, str(number)))


def _rule(path: Path) -> str:
    return ".".join(step for step in path if not step.isdecimal())


def _check_text(path: Path, value: str) -> None:
    most = TEXT_LIMITS.get(_rule(path), TEXT)
    if len(value) > most:
        raise BadParameter(
            f"Invalid string: {value[:10]}...{value[-4:]}; must be at most {most} characters", param=spell(path)
        )


def _check_count(path: Path, value: list[Any]) -> None:
    most = COUNT_LIMITS.get(_rule(path))
    if most is not None and len(value) > most:
        raise BadParameter(f"Array {spell(path)} exceeded maximum {most} allowed elements.", param=spell(path))


def _check_metadata(path: Path, entries: dict[str, str]) -> None:
    if len(entries) > METADATA_KEYS:
        raise BadParameter(f"Metadata can only have up to {METADATA_KEYS} keys.", param=spell(path))
    for key, value in entries.items():
        if len(key) > METADATA_KEY:
            raise BadParameter(
                f"Metadata keys must be {METADATA_KEY} characters or less; '{key}' is {len(key)} characters.",
                param=spell(path),
            )
        if len(value) > METADATA_VALUE:
            raise BadParameter(
                f"Metadata values can have up to {METADATA_VALUE} characters, but you passed in a value that is "
                f"{len(value)} characters. Invalid value: {value[:20]}...",
                param=spell((*path, key)),
            )
