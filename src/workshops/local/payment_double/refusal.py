"""What Stripe says when it will not do something, in the shape in which its API says it."""

from typing import Any

from workshops.domain.errors import WorkshopsError

Json = dict[str, Any]


class Refusal(WorkshopsError):
    """A request that Stripe would refuse: the HTTP status and the fields of Stripe's error object."""

    status = 400
    kind = "invalid_request_error"
    code: str | None = None

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code or self.code

    def body(self, request_id: str) -> Json:
        """The error as Stripe's API writes it."""
        fields = {"code": self.code, "message": self.message, "param": self.param, "type": self.kind}
        shown = {name: value for name, value in fields.items() if value is not None}
        return {"error": {**shown, "request_log_url": f"local:{request_id}"}}


class BadParameter(Refusal):
    """One parameter has a value that Stripe does not take."""


class Unsupported(Refusal):
    """Stripe would take this, but the payment double does not act it out, and says so rather than ignore it."""

    code = "payment_double_unsupported"


class NoSuchObject(Refusal):
    """An id that names nothing of the kind asked for."""

    status = 404
    code = "resource_missing"

    def __init__(self, kind: str, identity: str, *, param: str = "id") -> None:
        super().__init__(f"No such {_spoken(kind)}: '{identity}'", param=param)


class MissingReference(NoSuchObject):
    """A parameter that names an object which is not there: Stripe answers 400, not 404."""

    status = 400


# ---


def _spoken(kind: str) -> str:
    return "tax ID" if kind == "tax_id" else kind
