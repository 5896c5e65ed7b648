"""The engine, with a system that fails it: started in place of its Python.

HIFI_FAULT is "CALL ERRNO NUMBER": from the NUMBER-th call of `os.CALL` on a file of the target on,
it raises that error, as a full or broken disk does. Libraries in C are not reached: they are met by
the limits that a process may have.
"""

import errno
import os
import sys


def break_call(name: str, number: int, code: int) -> None:
    """From the number-th call on, os.<name> fails."""
    whole, calls = getattr(os, name), [0]

    def broken(*arguments, **options):
        calls[0] += 1
        if calls[0] >= number:
            raise OSError(code, os.strerror(code))
        return whole(*arguments, **options)

    setattr(os, name, broken)


def main() -> int:
    """Serve, as `python -m engine serve` does."""
    assert sys.argv[1:] == ["-m", "engine", "serve"], sys.argv
    sys.path.insert(0, os.getcwd())
    import engine.commands.serve  # noqa: F401 - imports write files of their own
    from engine.__main__ import main as serve

    name, code, number = os.environ["HIFI_FAULT"].split()
    break_call(name, int(number), getattr(errno, code))
    return serve(["serve"])


if __name__ == "__main__":
    sys.exit(main())
