from __future__ import annotations

import pytest

from tests.office import Office, forget
from tests.till import a_till


@pytest.fixture(scope="module")
def till(tmp_path_factory):
    with a_till(tmp_path_factory.mktemp("till")) as made:
        yield made


@pytest.fixture
def office(engine, aws, furniture, till, tmp_path, monkeypatch):
    made = Office(engine, aws, furniture.table, till, tmp_path, monkeypatch)
    yield made
    till.calm()
    assert made.whole().faults() == []
    forget()
