"""The catalogue as a file that the build replaces while functions sell from it."""

from __future__ import annotations

import os

import pytest

from tests.builders import a_provider, a_workshop
from workshops.adapters.catalogue import CatalogueFile
from workshops.formats.catalogue import CatalogueUnreadable, catalogue_of, dump


def write(path, *workshops):
    new = path.with_suffix(".new")
    new.write_text(dump(catalogue_of(a_provider(), workshops, None)), encoding="utf-8")
    new.replace(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "catalogue.json"


def test_a_catalogue_is_read_once_while_it_stays_the_same(path):
    write(path, a_workshop())
    file = CatalogueFile(str(path))
    assert file.current() is file.current()


def test_a_catalogue_that_was_replaced_is_sold_from_at_once(path):
    write(path, a_workshop())
    file = CatalogueFile(str(path))
    assert list(file.current().workshops) == ["harmful-sexual-behaviour"]
    write(path, a_workshop(slug="gangs"))
    assert list(file.current().workshops) == ["gangs"]


def test_a_catalogue_of_the_same_time_but_another_file_is_read_again(path):
    write(path, a_workshop())
    file = CatalogueFile(str(path))
    file.current()
    before = path.stat().st_mtime_ns
    write(path, a_workshop(slug="gangs"))
    os.utime(path, ns=(before, before))
    assert list(file.current().workshops) == ["gangs"]


def test_a_catalogue_that_is_not_there_is_named(path):
    with pytest.raises(CatalogueUnreadable, match=r"catalogue\.json: No such file"):
        CatalogueFile(str(path)).current()


def test_a_catalogue_that_is_no_text_is_refused(path):
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(CatalogueUnreadable, match="not UTF-8"):
        CatalogueFile(str(path)).current()


def test_after_a_bad_catalogue_a_good_one_is_sold_from(path):
    path.write_text("{", encoding="utf-8")
    file = CatalogueFile(str(path))
    with pytest.raises(CatalogueUnreadable):
        file.current()
    write(path, a_workshop())
    assert file.current().workshops
