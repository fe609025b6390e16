"""The environment as one typed object: what is missing is named, what cannot be used is refused, nothing is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from workshops.settings import SettingInvalid, SettingsMissing, read

ENVIRONMENT = {
    "STRIPE_SECRET_KEY": "sk_test_example",
    "STRIPE_WEBHOOK_SECRETS": "whsec_new, whsec_old",
    "WORKSHOPS_SITE_URL": "https://training.example.org/",
    "WORKSHOPS_TABLE": "workshops",
    "WORKSHOPS_CATALOGUE": "catalogue.json",
    "WORKSHOPS_MAIL_FROM": "bookings@training.example.org",
    "WORKSHOPS_MAIL_ORGANISER": "office@training.example.org",
    "WORKSHOPS_TOKEN_SECRET": "s" * 32,
}


def test_a_whole_environment_is_read():
    found = read(ENVIRONMENT)
    assert found.site_url == "https://training.example.org"
    assert found.stripe_api_base == "https://api.stripe.com"
    assert found.stripe_webhook_secrets == ("whsec_new", "whsec_old")
    assert found.theme == "theme"
    assert found.clock_offset == timedelta(0)


def test_everything_that_is_missing_is_named_at_once():
    with pytest.raises(SettingsMissing) as missing:
        read({"STRIPE_SECRET_KEY": " ", "WORKSHOPS_TABLE": "workshops"})
    assert missing.value.names == [name for name in ENVIRONMENT if name != "WORKSHOPS_TABLE"]
    assert "STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRETS" in str(missing.value)


@pytest.mark.parametrize(
    ("secrets", "found"),
    [
        ("whsec_a", ("whsec_a",)),
        ("whsec_a,", ("whsec_a",)),
        (",whsec_a, ,whsec_b", ("whsec_a", "whsec_b")),
        ("whsec_a\n", ("whsec_a",)),
    ],
)
def test_no_signing_secret_is_ever_empty(secrets, found):
    assert read(ENVIRONMENT | {"STRIPE_WEBHOOK_SECRETS": secrets}).stripe_webhook_secrets == found


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("STRIPE_WEBHOOK_SECRETS", ", ,", "one value or more"),
        ("WORKSHOPS_SITE_URL", "training.example.org", "an address such as"),
        ("WORKSHOPS_SITE_URL", "http://[", "an address such as"),
        ("WORKSHOPS_SITE_URL", "ftp://training.example.org", "an address such as"),
        ("STRIPE_API_BASE", "https://", "an address such as"),
        ("WORKSHOPS_TOKEN_SECRET", "too-short-and-not-to-be-told", "at least 32 characters"),
        ("WORKSHOPS_CLOCK_OFFSET", "soon", "a number of seconds"),
        ("WORKSHOPS_CLOCK_OFFSET", "nan", "a number of seconds"),
        ("WORKSHOPS_CLOCK_OFFSET", "inf", "a number of seconds"),
        ("WORKSHOPS_CLOCK_OFFSET", "1e300", "a number of seconds"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name_and_not_told(name, value, wanted):
    with pytest.raises(SettingInvalid, match=wanted) as invalid:
        read(ENVIRONMENT | {name: value})
    assert invalid.value.name == name
    assert "too-short" not in str(invalid.value)


def test_the_business_clock_is_the_machine_clock_moved():
    earlier = read(ENVIRONMENT | {"WORKSHOPS_CLOCK_OFFSET": "-3600"}).now()
    assert earlier.machine - earlier.business == timedelta(hours=1)
    assert abs(earlier.machine - datetime.now(UTC)) < timedelta(seconds=5)


def test_in_the_cloud_both_clocks_are_one():
    now = read(ENVIRONMENT).now()
    assert now.business == now.machine


def test_settings_kept_in_the_parameter_store_are_fetched(engine, monkeypatch):
    import boto3

    from workshops.local.engine import aws_environment

    for name, value in {**aws_environment(engine.url), "AWS_ENDPOINT_URL_SSM": engine.url}.items():
        monkeypatch.setenv(name, value)
    store = boto3.client("ssm")
    store.put_parameter(Name="/workshops/key", Value="sk_test_stored", Type="SecureString")
    store.put_parameter(Name="/workshops/signing", Value="whsec_stored\n", Type="SecureString")
    stored = {"STRIPE_SECRET_KEY": "ssm:/workshops/key", "STRIPE_WEBHOOK_SECRETS": "ssm:/workshops/signing"}
    found = read(ENVIRONMENT | stored)
    assert (found.stripe_secret_key, found.stripe_webhook_secrets) == ("sk_test_stored", ("whsec_stored",))
    with pytest.raises(SettingsMissing) as missing:
        read(ENVIRONMENT | {"WORKSHOPS_MAIL_FROM": "ssm:/workshops/nothing"})
    assert missing.value.names == ["WORKSHOPS_MAIL_FROM"]
