"""What Stripe refuses on creating a Checkout Session beyond wrong types: values, combinations, times."""

import re
from decimal import Decimal
from typing import Any

from workshops.local.payment_double.refusal import BadParameter, Unsupported
from workshops.local.payment_double.schema import MissingParameter, Path, spell
from workshops.local.payment_double.urls import check_absolute

Params = dict[str, Any]

SHORTEST, LONGEST = 30 * 60, 24 * 60 * 60
HIGHEST_AMOUNT = 99_999_999
HIGHEST_QUANTITY = 999_999
DECIMAL_PLACES = 12
CURRENCIES = frozenset({"gbp"})
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")

EXCLUSIVE: tuple[tuple[Path, tuple[str, str]], ...] = (
    ((), ("customer", "customer_email")),
    ((), ("customer", "customer_creation")),
    ((), ("allowed_payment_method_types", "excluded_payment_method_types")),
    (("line_items",), ("price", "price_data")),
    (("line_items", "price_data"), ("unit_amount", "unit_amount_decimal")),
    (("line_items", "price_data"), ("product", "product_data")),
)
NOT_ACTED_OUT = (
    ("after_expiration", "recovery", "enabled"),
    ("allow_promotion_codes",),
    ("automatic_tax", "enabled"),
    ("custom_fields",),
    ("customer",),
    ("customer_account",),
    ("customer_update",),
    ("discounts",),
    ("line_items", "adjustable_quantity", "enabled"),
    ("line_items", "price"),
    ("line_items", "price_data", "product"),
    ("line_items", "price_data", "recurring"),
    ("managed_payments", "enabled"),
    ("optional_items",),
    ("payment_intent_data", "application_fee_amount"),
    ("payment_intent_data", "on_behalf_of"),
    ("payment_intent_data", "setup_future_usage"),
    ("payment_intent_data", "shipping"),
    ("payment_intent_data", "transfer_data"),
    ("payment_intent_data", "transfer_group"),
    ("payment_method_configuration",),
    ("permissions",),
    ("phone_number_collection", "enabled"),
    ("return_url",),
    ("saved_payment_method_options",),
    ("setup_intent_data",),
    ("shipping_address_collection",),
    ("shipping_options",),
    ("subscription_data",),
)


def check(params: Params, now: int) -> None:
    """Raises the refusal that Stripe gives, or Unsupported for what Stripe offers and the double does not act out."""
    _check_combinations(params)
    _check_mode(params)
    _check_addresses(params)
    _check_expiry(params, now)
    _check_lines(params)


def email(text: str, param: str) -> None:
    """Raises BadParameter for what cannot be an e-mail address."""
    if not EMAIL.fullmatch(text):
        raise BadParameter(f"Invalid email address: {text}", param=param, code="email_invalid")


# ---


def _check_combinations(params: Params) -> None:
    for path, names in EXCLUSIVE:
        for where, holder in _holders(params, path, ()):
            if all(name in holder for name in names):
                listed = ", ".join(names)
                raise BadParameter(
                    f"You may only specify one of these parameters: {listed}.",
                    param=spell((*where, names[0])),
                    code="parameters_exclusive",
                )
    for *outer, name in NOT_ACTED_OUT:
        for where, holder in _holders(params, tuple(outer), ()):
            if holder.get(name):
                param = spell((*where, name))
                raise Unsupported(f"The local payment page does not act out `{param}`.", param=param)


def _holders(holder: Any, path: Path, where: Path) -> list[tuple[Path, Params]]:  # noqa: ANN401
    """The dicts that a path leads to, through every item of the lists on its way."""
    if isinstance(holder, list):
        return [found for number, each in enumerate(holder) for found in _holders(each, path, (*where, str(number)))]
    if not isinstance(holder, dict):
        return []
    return _holders(holder.get(path[0]), path[1:], (*where, path[0])) if path else [(where, holder)]


def _check_mode(params: Params) -> None:
    if "mode" not in params:
        raise MissingParameter("mode")
    if params["mode"] != "payment":
        raise Unsupported("The local payment page acts out mode=payment only.", param="mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise Unsupported("The local payment page is a hosted page: leave ui_mode out.", param="ui_mode")
    if params.get("submit_type") == "subscribe":
        raise BadParameter("You can not pass `submit_type` as subscribe in `payment` mode.", param="submit_type")
    if params.get("payment_intent_data", {}).get("capture_method") == "manual":
        name = "payment_intent_data[capture_method]"
        raise Unsupported("The local payment page takes money at once.", param=name)


def _check_addresses(params: Params) -> None:
    if "success_url" not in params:
        raise MissingParameter("success_url")
    for name in ("success_url", "cancel_url"):
        if name in params:
            check_absolute(params[name], name)
    if "customer_email" in params:
        email(params["customer_email"], "customer_email")


def _check_expiry(params: Params, now: int) -> None:
    if "expires_at" not in params:
        return
    ahead = params["expires_at"] - now
    if ahead < SHORTEST:
        raise BadParameter(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param="expires_at"
        )
    if ahead > LONGEST:
        raise BadParameter(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param="expires_at"
        )


def _check_lines(params: Params) -> None:
    if not params.get("line_items"):
        raise MissingParameter("line_items")
    for number, line in enumerate(params["line_items"]):
        _check_line(line, ("line_items", str(number)))


def _check_line(line: Params, path: Path) -> None:
    for name in ("price_data", "quantity"):
        if name not in line:
            raise MissingParameter(spell((*path, name)))
    if line["quantity"] < 1:
        _too_small("This value must be greater than or equal to 1.", (*path, "quantity"))
    if line["quantity"] > HIGHEST_QUANTITY:
        message = f"This value must be less than or equal to {HIGHEST_QUANTITY}."
        raise BadParameter(message, param=spell((*path, "quantity")), code="parameter_invalid_integer")
    if line.get("tax_rates") and len(set(line["tax_rates"])) < len(line["tax_rates"]):
        raise BadParameter("Tax rates must be unique.", param=spell((*path, "tax_rates")))
    _check_price(line["price_data"], (*path, "price_data"))


def _check_price(price: Params, path: Path) -> None:
    if price["currency"] not in CURRENCIES:
        raise BadParameter(
            f"Invalid currency: {price['currency']}. The local payment page currently supports these currencies: gbp",
            param=spell((*path, "currency")),
        )
    if "product_data" not in price:
        raise MissingParameter(spell((*path, "product_data")))
    if "unit_amount" not in price and "unit_amount_decimal" not in price:
        raise MissingParameter(spell((*path, "unit_amount")))
    for name in ("unit_amount", "unit_amount_decimal"):
        if price.get(name, 0) < 0:
            _too_small("Invalid non-negative integer", (*path, name))
        if price.get(name, 0) > HIGHEST_AMOUNT:
            raise BadParameter(
                "Amount must be no more than £999,999.99.", param=spell((*path, name)), code="amount_too_large"
            )
    if -_exponent(price.get("unit_amount_decimal", Decimal(0))) > DECIMAL_PLACES:
        name = spell((*path, "unit_amount_decimal"))
        raise BadParameter(f"Invalid decimal: at most {DECIMAL_PLACES} decimal places are allowed.", param=name)
    for image in price["product_data"].get("images", []):
        check_absolute(image, spell((*path, "product_data", "images")))


def _exponent(number: Decimal) -> int:
    return int(number.as_tuple().exponent)


def _too_small(message: str, path: Path) -> None:
    raise BadParameter(message, param=spell(path), code="parameter_invalid_integer")
