"""A local stand-in for Stripe: its API under /v1/, a payment page for a person, signed webhooks.

Run it with `python -m workshops.local.payment_double --port N --data FOLDER --webhook URL --secret whsec_…`, or in a
test:

    with PaymentDouble(data=folder, webhook_url=url, secret="whsec_local") as double:
        client = stripe.StripeClient("sk_test_local", base_addresses={"api": double.url})

The page's addresses and field names stand in `page.py`, the controls under /_double/ in `control.py`. An API call is
one `Operation` in a file of `api/`; a new kind of object is a new file there, and its lines in `views.py`.
"""

from workshops.local.payment_double.server import PaymentDouble

__all__ = ["PaymentDouble"]
