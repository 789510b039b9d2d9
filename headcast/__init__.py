"""One photo and a driving video in, a realistic talking head out.

Importing this does nothing: each name is fetched from its module when it is first used.
"""

__version__ = "0.1.0"
