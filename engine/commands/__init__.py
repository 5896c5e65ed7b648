"""Commands that run inside the engine's environment; each module is one."""
