"""The calls of Stripe's API that the double answers: a file a kind of object, all gathered here."""

from workshops.local.payment_double.api import (
    account,
    charges,
    customers,
    events,
    invoices,
    payment_intents,
    refunds,
    sessions,
    tax_ids,
    tax_rates,
    webhook_endpoints,
)
from workshops.local.payment_double.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *account.OPERATIONS,
    *charges.OPERATIONS,
    *customers.OPERATIONS,
    *events.OPERATIONS,
    *invoices.OPERATIONS,
    *payment_intents.OPERATIONS,
    *refunds.OPERATIONS,
    *sessions.OPERATIONS,
    *tax_ids.OPERATIONS,
    *tax_rates.OPERATIONS,
    *webhook_endpoints.OPERATIONS,
)
