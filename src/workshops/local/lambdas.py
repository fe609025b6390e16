"""Functions invoked as AWS Lambda invokes them: JSON in, JSON out, and a failure that is logged and contained."""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[dict[str, Any], object], object]

_log = logging.getLogger(__name__)


class FunctionFailed(WorkshopsError):
    """A function raised, or answered something that is no JSON; its traceback is in the log."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The function {name} failed.")
        self.name = name


class NoSuchHandler(WorkshopsError):
    """A handler's dotted name leads nowhere."""

    def __init__(self, dotted: str, reason: str) -> None:
        super().__init__(f"There is no handler {dotted}: {reason}.")
        self.dotted = dotted


@dataclass(frozen=True)
class Context:
    """What Lambda tells a function about its invocation, as far as one machine knows it."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: str = "256"
    function_version: str = "$LATEST"


@dataclass(frozen=True)
class Function:
    """A function by name. Unlike Lambda, which gives each request a process, one process runs many at once."""

    name: str
    handler: Handler

    def invoke(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - a function answers any JSON
        """Its answer to `event`. Raises FunctionFailed."""
        context = Context(self.name, str(uuid.uuid4()))
        try:
            return _through_json(self.handler(_through_json(event), context))
        except Exception:  # noqa: BLE001 - whatever a function raises ends its own invocation and nothing else
            _log.exception("The function %s failed; request %s.", self.name, context.aws_request_id)
            raise FunctionFailed(self.name) from None


def load(name: str, dotted: str) -> Function:
    """The function called `name`, whose handler is `package.module.attribute`. Raises NoSuchHandler."""
    module, _, attribute = dotted.rpartition(".")
    try:
        return Function(name, getattr(import_module(module), attribute))
    except (ImportError, AttributeError, ValueError) as fault:
        raise NoSuchHandler(dotted, str(fault)) from fault


# ---------------------------------------------------------------------------------------------------------------------


def _through_json(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(json.dumps(value))
