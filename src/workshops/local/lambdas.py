"""Functions invoked as AWS Lambda invokes them: JSON in, JSON out, and a failure that is logged and contained."""

from __future__ import annotations

import json
import logging
import sys
import uuid
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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


@dataclass
class Function:
    """A function by name. Unlike Lambda, which gives each request a process, one process runs many at once."""

    name: str
    handler: Handler
    dotted: str = ""

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
    return Function(name, _handler(dotted), dotted)


def load_again(functions: Iterable[Function]) -> None:
    """Start the functions' packages afresh, as a new release does, so that nothing they remember is out of date.

    What runs meanwhile ends as it began. Raises NoSuchHandler.
    """
    functions = list(functions)
    packages = {function.dotted.partition(".")[0] for function in functions}
    for module in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[module]
    for function in functions:
        function.handler = _handler(function.dotted)


# ---------------------------------------------------------------------------------------------------------------------


def _through_json(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(json.dumps(value))


def _handler(dotted: str) -> Handler:
    module, _, attribute = dotted.rpartition(".")
    try:
        handler: Handler = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as fault:
        raise NoSuchHandler(dotted, str(fault)) from fault
    return handler
