"""The page over a deployment of the tests, asked as a browser asks it."""

from starlette.testclient import TestClient

from jobchute.cli.ui.app import application
from jobchute.cli.ui.composition import site_of
from jobchute.cli.ui.security import hosts_of

TOKEN = "a-token"
PORT = 8000


def browser() -> TestClient:
    """Its addresses are those below the token: `jobs`. It follows no redirect."""
    application_ = application(site_of(None), token=TOKEN, hosts=hosts_of(PORT))
    return TestClient(application_, base_url=f"http://127.0.0.1:{PORT}/{TOKEN}/", follow_redirects=False)
