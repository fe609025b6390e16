#!/bin/sh
# Runs a program with a Python that the project works with: $PYTHON if set, or the newest on the path.

candidates='python3.13 python3.12 python3.11 python3'

suits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null
}

explain() {
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || return 0
    case $version in
    3.11 | 3.12 | 3.13)
        echo "$1 is Python $version, but its venv module is missing." >&2
        echo "On Debian and Ubuntu: apt-get install python$version-venv" >&2
        exit 1
        ;;
    esac
    found="$found $1 ($version)"
}

if [ -n "$PYTHON" ]; then
    if suits "$PYTHON"; then exec "$PYTHON" "$@"; fi
    explain "$PYTHON"
else
    for python in $candidates; do
        if suits "$python"; then exec "$python" "$@"; fi
    done
    for python in $candidates; do explain "$python"; done
fi

echo "Python 3.11, 3.12 or 3.13 is needed; found:${found:- none}." >&2
echo "Install one, or say where it is: make PYTHON=/path/to/python3.13" >&2
exit 1
