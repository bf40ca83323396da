"""What the checks share: counting, comparing, and plain HTTP that knows nothing of the clients under test."""

import json
import sys
import traceback
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager


class Checks:
    """Counts what held and what did not; a failure does not keep the rest from being checked."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    @contextmanager
    def check(self, name):
        try:
            yield
        except Exception as error:
            self.failed += 1
            own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == sys.argv[0]]
            print(f"FAILED {name} (line {own[-1].lineno}): {type(error).__name__}: {error}", flush=True)
        else:
            self.passed += 1
            print(f"ok {name}", flush=True)

    def finish(self):
        """The closing line, and the exit code that goes with it."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)


def same(actual, expected, what="value"):
    if actual != expected:
        raise AssertionError(f"{what} is {actual!r}, expected {expected!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(f"not so: {what}")


class Answer(Exception):
    """An HTTP answer that is no success."""

    def __init__(self, status, body):
        super().__init__(f"HTTP {status}: {body[:500]!r}")
        self.status = status
        self.body = body


class Desk:
    """The desk by plain HTTP: what a client wrote is read back through here."""

    def __init__(self, base_url, headers):
        self.base_url = base_url.rstrip("/")
        self.headers = headers

    def call(self, method, path, payload=None):
        url = f"{self.base_url}/{path}"
        body = None
        if payload is not None:
            parameters = urllib.parse.urlencode({"input_data": json.dumps(payload)})
            if method == "GET":
                url += "?" + parameters
            else:
                body = parameters.encode()
        request = urllib.request.Request(url, data=body, method=method, headers=self.headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise Answer(error.code, error.read()) from None

    def get(self, path, payload=None):
        return self.call("GET", f"api/v3/{path}", payload)

    def post(self, path, payload):
        return self.call("POST", f"api/v3/{path}", payload)

    def delete(self, path):
        return self.call("DELETE", f"api/v3/{path}")

    def request(self, ident):
        """A request, as it is stored."""
        return self.get(f"requests/{ident}")["request"]
