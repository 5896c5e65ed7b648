"""Front end of hifi-ofx: the command line and what every host shares. Standard library only."""

__version__ = "0.2.0"
