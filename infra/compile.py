"""Compiles modules for a function's zip. Run by the Python whose bytecode is wanted, which need have no packages.

Reads JSON from standard input: a list of [source, path the function will see, where to write].
"""

import json
import py_compile
import sys

for source, seen, target in json.load(sys.stdin):
    py_compile.compile(
        source,
        cfile=target,
        dfile=seen,
        doraise=True,
        # Lambda's files never change, so nothing need be looked up to know that the bytecode is that of the source.
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        quiet=1,
    )
