import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from jinja2 import UndefinedError

from tests.builders import AS_OF, a_provider, a_run, a_workshop
from tests.html_pages import faults_of, read
from workshops.formats.booking_form import form_view
from workshops.formats.site import site_view
from workshops.theme import environment, stylesheet

THEME = Path(__file__).parents[2] / "theme"
COMPONENTS = sorted(folder for folder in (THEME / "components").iterdir() if folder.is_dir())
TEMPLATES = environment(THEME)
STYLE = stylesheet(THEME)
SITE = site_view(a_provider(), "https://training.example.org/", STYLE.path)


def described(folder):
    return yaml.safe_load((folder / f"{folder.name}.yaml").read_text(encoding="utf-8"))


EXAMPLES = [
    pytest.param(folder.name, example, id=f"{folder.name}: {example['name']}")
    for folder in COMPONENTS
    for example in described(folder)["examples"]
]


def rendered(component, arguments):
    call = ", ".join(f"{name}=arguments[{json.dumps(name)}]" for name in arguments)
    macro = component.replace("-", "_")
    caller = described(THEME / "components" / component).get("caller")
    use = f"{{% call {macro}({call}) %}}{caller}{{% endcall %}}" if caller else f"{{{{ {macro}({call}) }}}}"
    source = f'{{% from "components/{component}/{component}.html" import {macro} %}}{use}'
    return TEMPLATES.from_string(source).render(arguments=arguments)


@pytest.mark.parametrize(("component", "example"), EXAMPLES)
def test_every_example_of_a_component_renders_to_sound_html(component, example):
    html = rendered(component, example["arguments"])
    faults = [fault for fault in faults_of(html) if "first level" not in fault and "href=#" not in fault]
    if component == "choice":
        faults = [fault for fault in faults if "aria-describedby" not in fault]
    assert html.strip()
    assert faults == []


@pytest.mark.parametrize("folder", COMPONENTS, ids=lambda folder: folder.name)
def test_a_component_says_what_it_is_and_what_it_takes(folder):
    about = described(folder)
    source = (folder / f"{folder.name}.html").read_text(encoding="utf-8")
    macro = re.search(rf"macro {folder.name.replace('-', '_')}\(([^)]*)\)", source)
    taken = [name.split("=")[0].strip() for name in re.sub(r"\[[^]]*\]", "", macro[1]).split(",")]
    assert about["description"].endswith(".")
    assert list(about["parameters"]) == taken
    used = {name for example in about["examples"] for name in example["arguments"]}
    assert used <= set(taken)


@pytest.mark.parametrize("folder", COMPONENTS, ids=lambda folder: folder.name)
def test_a_components_style_names_classes_of_its_own(folder):
    style = folder / f"{folder.name}.css"
    if not style.exists():
        pytest.skip("it has no style of its own")
    for line in re.findall(r"^[^{}@/]+(?=\{)", style.read_text(encoding="utf-8"), re.MULTILINE):
        for selector in line.split(","):
            assert selector.strip().startswith(f".{folder.name}"), selector


def test_colours_are_written_as_tokens_with_what_older_browsers_get():
    for style in (*THEME.glob("components/*/*.css"), *(THEME / "css").glob("*.css")):
        if style.name == "tokens.css":
            continue
        text = re.sub(r"@media print \{.*", "", style.read_text(encoding="utf-8"), flags=re.DOTALL)
        for property_, value in re.findall(r"^\s*([a-z-]+):([^;]*#[0-9a-f]{3,6}[^;]*);", text, re.MULTILINE):
            alone = re.fullmatch(r"\s*#[0-9a-f]{3,6}", value)
            assert "var(--" in value or (alone and f"{property_}: var(--" in text), f"{style.name}: {property_}:{value}"
        assert not re.findall(r"var\(--[a-z0-9-]+\)", text), f"{style.name}: a token without what it falls back to"


def test_every_token_that_is_used_is_set():
    tokens = set(re.findall(r"(--[a-z0-9-]+):", (THEME / "css/tokens.css").read_text(encoding="utf-8")))
    assert set(re.findall(r"var\((--[a-z0-9-]+)", STYLE.text)) <= tokens


def test_the_style_asks_for_nothing_from_elsewhere():
    for words in ("@import", "@font-face", "url(", "http"):
        assert words not in STYLE.text


def form(**more):
    return form_view(a_workshop(), a_run(), AS_OF, **more)


def page(template, **view):
    return TEMPLATES.get_template(f"pages/{template}.html").render(site=SITE, **view)


def test_a_refused_form_keeps_what_was_typed_and_leads_to_each_field():
    typed = {
        "rate": ["industry"],
        "quantity": ["0"],
        "delegate_name": ["Alex Example", "", "", "Sam <b>Example</b>"],
        "delegate_email": ["alex", "", "", "sam@example.org"],
        "buyer_name": ['Kim "K" Example'],
        "on_behalf_of_organisation": ["yes"],
    }
    errors = [
        ("quantity", "Enter a number of places from 1 to 20."),
        ("delegate_email_1", "Enter an e-mail address for delegate 1."),
        ("accept_terms", "Accept the booking terms."),
    ]
    html = page("booking_refused", heading="Book places", form=form(values=typed, errors=errors))
    read_page = read(html)
    assert faults_of(html) == []
    assert read_page.all("title")[0].text.startswith("Error: Book places")
    assert read_page.all("section", role="alert")
    for field, message in errors:
        assert [one.text for one in read_page.all("a", href=f"#field-{field}")] == [message]
        (target,) = read_page.all("input", id=f"field-{field}")
        assert target.attributes["aria-invalid"] == "true"
        assert f"error-{field}" in target.attributes["aria-describedby"]
    values = {one.attributes["id"]: one.attributes["value"] for one in read_page.all("input") if "id" in one.attributes}
    assert values["field-quantity"] == "0"
    assert values["field-buyer_name"] == 'Kim "K" Example'
    assert values["field-delegate_name_4"] == "Sam <b>Example</b>"
    assert "checked" in read_page.all("input", value="industry")[0].attributes
    assert "checked" in read_page.all("input", name="on_behalf_of_organisation")[0].attributes
    assert "checked" not in read_page.all("input", name="accept_terms")[0].attributes


def test_a_delegate_with_an_error_is_not_folded_away():
    html = page(
        "booking_refused",
        heading="Book places",
        form=form(errors=[("delegate_name_9", "Enter a name for delegate 9.")]),
    )
    assert html.index('id="field-delegate_name_9"') < html.index("Name more delegates")


def test_a_refusal_may_tell_something_more():
    html = page("booking_refused", heading="The price has changed", form=form(), notice="It is £209.00 now.")
    assert "It is £209.00 now." in read(html).text
    assert faults_of(html) == []


def test_an_error_of_no_field_is_told_without_a_link():
    html = page("booking_refused", heading="Book", form=form(errors=[("run", "This date is closed.")]))
    assert "This date is closed." in read(html).text
    assert faults_of(html) == []


def test_a_message_has_its_paragraphs_and_links():
    html = page(
        "message",
        heading="Please try again",
        paragraphs=["Nothing was charged.", "<b>"],
        links=[{"href": "/workshops/", "text": "Workshops"}],
    )
    assert faults_of(html) == []
    assert "Nothing was charged. <b>" in read(html).text
    assert read(html).all("meta", content="noindex")


BOOKING = {
    "number": "EX-1234",
    "state_heading": "Your booking is confirmed",
    "state_sentences": ["We have written to you."],
    "title": "Drafting",
    "dates": "Tuesday 28 April 2026",
    "delivery": "Online, through Microsoft Teams",
    "organisation": "Example Police",
    "purchase_order": None,
    "lines": [
        {
            "description": "Public sector",
            "quantity": 3,
            "unit_net": "£209.00",
            "net": "£627.00",
            "vat": "£125.40",
            "gross": "£752.40",
            "vat_label": "VAT at 20%",
            "discount": None,
        }
    ],
    "total": {"net": "£627.00", "vat": "£125.40", "gross": "£752.40"},
    "delegates": [
        {
            "number": 1,
            "name": "Alex",
            "email": "a@example.org",
            "needs_name": False,
            "name_error": "",
            "email_error": "",
        },
        {"number": 2, "name": "", "email": "", "needs_name": True, "name_error": "", "email_error": "Enter one."},
    ],
    "names_action": "/booking/token/delegates",
    "invoice_url": "https://invoice.example.org/1",
    "calendar_url": "/workshops/drafting/2026-04-28.ics",
    "personal": True,
    "check_again_url": None,
}


def test_a_booking_shows_amounts_delegates_and_a_form_for_names_left_out():
    html = page("booking", booking=BOOKING)
    shown = read(html)
    assert faults_of(html) == []
    assert "£752.40" in shown.text
    assert shown.all("form", action="/booking/token/delegates", method="post")
    fields = [one.attributes["id"] for one in shown.all("input") if "id" in one.attributes]
    assert fields == ["field-delegate_name_2", "field-delegate_email_2"]
    assert "Alex" in shown.text


def test_a_booking_that_is_not_the_readers_own_names_nobody():
    html = page("booking", booking={**BOOKING, "personal": False, "check_again_url": "/booking/return?session_id=x"})
    assert faults_of(html) == []
    assert "Alex" not in html
    assert "a@example.org" not in html
    assert read(html).all("a", href="/booking/return?session_id=x")


def test_a_template_that_misses_something_says_so():
    with pytest.raises(UndefinedError):
        page("message", heading="x")


def test_nothing_of_the_theme_depends_on_script():
    for template in THEME.glob("**/*.html"):
        if "emails" not in template.parts:
            scripts = re.findall(r"<script[^>]*>", template.read_text(encoding="utf-8"))
            assert set(scripts) <= {'<script type="application/ld+json">'}, template


def test_a_form_for_an_organisations_price_has_no_totals_and_says_whom_it_covers():
    from workshops.domain.workshop import Per

    whole = a_run(rates=(a_run().rates[0].__class__("force", "A force", 100_000, per=Per.ORGANISATION, covers=10),))
    view = form_view(a_workshop(whole), whole, datetime(2026, 3, 2, tzinfo=UTC))
    html = rendered("booking-form", {"form": view, "site": SITE})
    assert "for up to 10 people of one organisation" in read(html).text
    assert "checked" in read(html).all("input", name="rate")[0].attributes
    assert len(read(html).all("input", name="delegate_name")) == 10
