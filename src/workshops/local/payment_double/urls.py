"""Addresses that a caller gives us."""

from urllib.parse import urlsplit

from workshops.local.payment_double.refusal import BadParameter


class NotAnAddress(BadParameter):
    """A text that is no absolute web address."""

    code = "url_invalid"

    def __init__(self, param: str) -> None:
        super().__init__("Not a valid URL", param=param)


def check_absolute(url: str, param: str) -> None:
    """Raises NotAnAddress unless the text begins with http:// or https:// and a host."""
    parts = _split(url, param)
    if parts not in {("http", True), ("https", True)} or any(character.isspace() for character in url):
        raise NotAnAddress(param)


# ---


def _split(url: str, param: str) -> tuple[str, bool]:
    try:
        parts = urlsplit(url)
        return parts.scheme, bool(parts.hostname)
    except ValueError:
        raise NotAnAddress(param) from None
