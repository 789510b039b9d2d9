"""The server of tests/server, for rooms."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "live"))


@pytest.fixture(scope="session")
def serving():
    import threading
    from contextlib import contextmanager

    pytest.importorskip("fastapi", reason="rooms need headcast[studio]")
    from headcast.server.app import make_app
    from headcast.server.run import Server
    from headcast.server.settings import ServerSettings

    @contextmanager
    def serve():
        started, settings = threading.Event(), ServerSettings(port=0)
        server = Server(make_app(settings), settings, lambda _: started.set())
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            assert started.wait(30)
            yield server
        finally:
            server.stop()
            thread.join()

    return serve
