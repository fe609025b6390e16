"""Setting up on a fresh machine: a Python that will do is found, and where there is none, what to do is said."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra import prepare

PROJECT = Path(__file__).resolve().parent.parent

TOO_OLD = '#!/bin/sh\ncase "$2" in *venv*) exit 1 ;; *) echo 3.9 ;; esac\n'
WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *venv*) exit 1 ;; *) echo 3.12 ;; esac\n'


@pytest.fixture
def programs(tmp_path):
    """A folder, with a space in its name, that is the whole path."""
    folder = tmp_path / "my programs"
    folder.mkdir()
    return folder


def test_a_python_that_will_do_is_found_on_the_path(programs):
    (programs / "python3").symlink_to(sys.executable)
    found = _python(programs)
    assert (found.returncode, found.stdout.strip()) == (0, "found")


def test_a_python_may_be_named_though_its_path_has_spaces(programs):
    (programs / "mine").symlink_to(sys.executable)
    assert _python(programs, PYTHON=str(programs / "mine")).stdout.strip() == "found"


def test_without_any_python_the_need_is_said(programs):
    refused = _python(programs)
    assert refused.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed; found: none." in refused.stderr
    assert "make PYTHON=" in refused.stderr


def test_a_python_that_is_too_old_is_named(programs):
    _program(programs / "python3", TOO_OLD)
    refused = _python(programs)
    assert refused.returncode == 1
    assert "found: python3 (3.9)" in refused.stderr


def test_a_python_without_venv_is_told_what_to_install(programs):
    _program(programs / "python3", WITHOUT_VENV)
    refused = _python(programs)
    assert refused.returncode == 1
    assert "apt-get install python3.12-venv" in refused.stderr


def test_one_that_is_too_old_does_not_hide_one_that_will_do(programs):
    _program(programs / "python3.13", TOO_OLD)
    (programs / "python3").symlink_to(sys.executable)
    assert _python(programs).returncode == 0


def test_what_is_installed_is_not_installed_again(tmp_path):
    lock, stamp, installed = tmp_path / "some.txt", tmp_path / "some.installed", []
    for text in ("a==1", "a==1", "a==2"):
        lock.write_text(text)
        prepare._once(stamp, lock, lambda source: installed.append(source.read_text()))
    assert installed == ["a==1", "a==2"]


def test_an_installation_that_was_cut_off_is_begun_afresh(tmp_path):
    def cut_off(_):
        raise KeyboardInterrupt

    lock, stamp = tmp_path / "some.txt", tmp_path / "some.installed"
    lock.write_text("a==1")
    with pytest.raises(KeyboardInterrupt):
        prepare._once(stamp, lock, cut_off)
    assert prepare._spoilt(stamp)
    prepare._once(stamp, lock, lambda _: None)
    assert not prepare._spoilt(stamp)


def test_an_installation_made_in_another_place_is_begun_afresh(tmp_path):
    stamp = tmp_path / "some.installed"
    stamp.write_text("another place\n0000")
    assert prepare._spoilt(stamp)


def test_what_pip_refuses_ends_with_its_reason_and_is_tried_again(tmp_path):
    def refused(_):
        raise prepare.PipRefused("No matching distribution found for a==1")

    lock, stamp = tmp_path / "some.txt", tmp_path / "some.installed"
    lock.write_text("a==1")
    with pytest.raises(SystemExit, match="No matching distribution"):
        prepare._once(stamp, lock, refused)
    assert not stamp.exists()


# ----------------------------------------------------------------------------------------------------------------------


def _program(path, text):
    path.write_text(text)
    path.chmod(0o755)


def _python(path, **variables):
    """What infra/python.sh does where a folder is the whole path."""
    return subprocess.run(
        ["/bin/sh", PROJECT / "infra/python.sh", "-c", "print('found')"],
        env={"PATH": str(path), "HOME": os.environ["HOME"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )
