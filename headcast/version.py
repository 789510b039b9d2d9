"""Nothing in, the version of this package out."""

__version__ = "0.1.0"
