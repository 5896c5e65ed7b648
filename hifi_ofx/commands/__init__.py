"""Commands of `hifi-ofx` that run without the engine's environment; each module is one.

A module's docstring starts with what the command does; `add_arguments(parser)` declares its flags
and `run(arguments)` returns the exit code. `hifi_ofx.cli` lists the modules.
"""
