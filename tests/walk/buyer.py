"""What a buyer does in a browser, in the words of the page."""

from __future__ import annotations

import itertools
import re
import time

PAGE = "/workshops/harmful-sexual-behaviour/"
WORKS, DECLINED, ASKS = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0025 0000 3155"
_numbers = itertools.count(1)


class Buyer:
    """Somebody with an address of their own, so that no two tests' bookings meet."""

    def __init__(self, stack, page):
        self.stack, self.page = stack, page
        self.number = next(_numbers)
        self.email = f"buyer{self.number}.{time.monotonic_ns()}@example.police.uk"
        self.site = f"http://127.0.0.1:{stack.port}"
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if "Content Security" in said.text else None)

    def delegate(self, number):
        return f"Delegate {number} of {self.number}", f"delegate{number}.{self.email}"

    def goes_to(self, path):
        return self.page.goto(path if path.startswith("http") else self.site + path)

    def fills_in(self, places=1, rate="public-sector", named=None):
        page = self.page
        page.check(f"input[name=rate][value={rate}]")
        page.fill("input[name=quantity]", str(places))
        for number in range(1, (places if named is None else named) + 1):
            name, email = self.delegate(number)
            page.locator("input[name=delegate_name]").nth(number - 1).fill(name)
            page.locator("input[name=delegate_email]").nth(number - 1).fill(email)
        page.fill("input[name=buyer_name]", "Bea Example")
        page.fill("input[name=buyer_email]", self.email)
        page.fill("input[name=organisation]", "Example Constabulary")
        page.check("input[name=accept_terms]")
        page.check("input[name=on_behalf_of_organisation]")

    def books(self, places=1, **form):
        """From the workshop's page to the payment page; its address."""
        self.goes_to(PAGE)
        self.fills_in(places, **form)
        self.sends()
        return self.page.url

    def sends(self):
        self.page.get_by_role("button", name="Continue to payment").click()

    def pays(self, card=WORKS, button="Book"):
        page = self.page
        for label, value in (
            ("Name on the card", "Bea Example"),
            ("Address line 1", "1 Example Street"),
            ("Town or city", "London"),
            ("Postcode", "E1 1AA"),
            ("Card number", card),
            ("Expiry date", "12/34"),
            ("Security code", "123"),
        ):
            page.get_by_label(label, exact=True).fill(value)
        page.get_by_role("button", name=button, exact=True).click()

    def reads(self):
        return self.page.locator("main").inner_text()

    def heading(self):
        return self.page.locator("h1").inner_text()

    def mails(self, count, within=30.0):
        """The messages about this buyer's booking, once there are so many; never more."""
        deadline = time.monotonic() + within
        while len(found := self._mails()) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(found) == count, [mail["subject"] for mail in found]
        return found

    def link(self, mail):
        return re.search(rf"{re.escape(self.site)}/booking/[\w-]+", mail["text"])[0]

    def booking(self):
        """This buyer's bookings as they are stored, latest last."""
        items = self.stack.items()
        mine = [item for item in items if item["sk"] == "B" and item["buyer"]["email"] == self.email]
        return sorted(mine, key=lambda item: item["made_at"])

    def _mails(self):
        return [mail for mail in self.stack.mails() if self.email in mail["to"][0]]
