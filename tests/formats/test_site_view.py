import pytest

from tests.builders import a_provider
from workshops.formats.site import legal_lines, site_view, telephone_href


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("+44 (0)844 660 8707", "tel:+448446608707"),
        ("+44 20 7946 0000", "tel:+442079460000"),
        ("01632 960001", "tel:01632960001"),
        ("(01632) 960-001", "tel:01632960001"),
    ],
)
def test_a_telephone_number_is_dialled_as_it_is_meant(written, dialled):
    assert telephone_href(written) == dialled


def test_who_knows_only_the_catalogue_links_terms_and_privacy():
    site = site_view(a_provider(terms_page="terms", privacy_page="privacy"), "https://example.org/", "/theme/x.css")
    assert [link["href"] for link in site["pages"]] == ["/terms/", "/privacy/"]
    assert (site["url"], site["terms_url"], site["privacy_url"]) == ("https://example.org", "/terms/", "/privacy/")


def test_only_a_registered_provider_sends_vat_invoices():
    registered = site_view(a_provider(), "https://example.org/", "/theme/x.css")
    unregistered = site_view(a_provider(vat_registered=False, vat_number=None), "https://example.org/", "/theme/x.css")
    assert (registered["invoice"], unregistered["invoice"]) == ("VAT invoice", "invoice")


def test_what_is_not_known_of_the_provider_is_left_out():
    unknown = a_provider(
        telephone=None,
        legal_name=None,
        address=None,
        company_number=None,
        vat_number=None,
        terms_page=None,
        privacy_page=None,
    )
    site = site_view(unknown, "https://example.org", "/theme/x.css")
    assert (site["telephone"], site["telephone_href"], site["legal_lines"], site["pages"]) == (None, None, [], [])
    assert site["terms_url"] is None


def test_an_address_on_several_lines_is_told_on_one():
    told = legal_lines(a_provider(address="1 Example Street\nLondon\n"), registered_office="2 Example Street\nLeeds")
    assert "1 Example Street, London" in told
    assert "Registered office: 2 Example Street, Leeds" in told
