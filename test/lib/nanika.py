"""Runs `nanika apiserver` for tests: a server of its own on a free port with a folder of its own.

    with nanika.Server() as server:              # ready when the block is entered
        server.kubectl("get", "namespaces")      # any kubectl: server.kubectl(..., program=path)
        status, body = server.request("GET", "/api/v1/namespaces")

The program is $NANIKA_BINARY or build/release/nanika. A server is stopped by its process id and its folder removed,
unless the test failed to stop it; its log is in `server.log()`. Waiting is for a state with a deadline: `until()`.
"""

import base64
import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BINARY = os.environ.get("NANIKA_BINARY", os.path.join(ROOT, "build", "release", "nanika"))


def peers():
    """The folder where test/vanilla/build.sh leaves upstream's programs."""
    version = None
    with open(os.path.join(ROOT, "test", "vanilla", "kubernetes", "go.mod"), encoding="utf-8") as mod:
        version = re.search(r"k8s\.io/kubernetes (v[0-9.]+)", mod.read()).group(1)
    cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    return os.environ.get("NANIKA_PEERS", os.path.join(cache, "nanika", "peers-" + version))


def until(what, check, seconds=20.0, every=0.02):
    """Calls check until it returns something true, and returns that; AssertionError names `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every)


class Output:
    """The lines of a pipe, read as they come."""

    def __init__(self, pipe):
        self.changed_ = threading.Condition()
        self.lines_ = []  # guarded by changed_
        self.ended_ = False  # guarded by changed_
        self.thread_ = threading.Thread(target=self.read_, args=(pipe,), daemon=True)
        self.thread_.start()

    def read_(self, pipe):
        for line in pipe:
            with self.changed_:
                self.lines_.append(line.rstrip("\n"))
                self.changed_.notify_all()
        with self.changed_:
            self.ended_ = True
            self.changed_.notify_all()
        pipe.close()

    def wait(self, pattern, seconds=20.0, after=0):
        """The first match in a line from number `after` on."""
        seen = after
        end = time.monotonic() + seconds
        with self.changed_:
            while True:
                while seen < len(self.lines_):
                    found = re.search(pattern, self.lines_[seen])
                    seen += 1
                    if found:
                        return found
                left = end - time.monotonic()
                if self.ended_ or left <= 0:
                    raise AssertionError(f"no {pattern!r} within {seconds} s in:\n" + "\n".join(self.lines_[-30:]))
                self.changed_.wait(left)

    def lines(self):
        with self.changed_:
            return list(self.lines_)


class Answer:
    """What the server said: .status, .headers, .text, .json()."""

    def __init__(self, status, headers, data):
        self.status, self.headers, self.data = status, headers, data

    @property
    def text(self):
        return self.data.decode()

    def json(self):
        return json.loads(self.data)


class Client:
    """One keep-alive connection, opened when needed. Not for two threads at once."""

    def __init__(self, address, context, headers=None, timeout=30.0):
        self.address_, self.context_, self.timeout_ = address, context, timeout
        self.headers_ = headers or {}
        self.connection_ = None

    def open_(self):
        if self.connection_ is None:
            host, port = self.address_
            self.connection_ = http.client.HTTPSConnection(host, port, timeout=self.timeout_, context=self.context_)
        return self.connection_

    def send(self, method, path, body=None, headers=None):
        """Returns the open response, for streams; the caller reads it."""
        connection = self.open_()
        all_headers = {"Accept": "application/json", **self.headers_, **(headers or {})}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            all_headers.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        try:
            connection.request(method, path, body=body, headers=all_headers)
            return connection.getresponse()
        except Exception:
            self.close()
            raise

    def request(self, method, path, body=None, headers=None):
        response = self.send(method, path, body, headers)
        try:
            return Answer(response.status, response.headers, response.read())
        except Exception:
            self.close()
            raise

    def get(self, path, **kwargs):
        return self.request("GET", path, **kwargs)

    def close(self):
        if self.connection_ is not None:
            self.connection_.close()
            self.connection_ = None


class Endpoint:
    """An API, a kubeconfig with certificates to it, and how to call it."""

    folder = kubeconfig = port = None

    def parts_(self):
        with open(self.kubeconfig, encoding="utf-8") as file:
            config = file.read()
        return {key: base64.b64decode(re.search(key + r": *\"?([A-Za-z0-9+/=]+)", config).group(1)).decode()
                for key in ("certificate-authority-data", "client-certificate-data", "client-key-data")}

    def tls(self, admin=True):
        """A TLS context that trusts the server; with the administrator's certificate, or none."""
        parts = self.parts_()
        context = ssl.create_default_context(cadata=parts["certificate-authority-data"])
        if admin:
            with tempfile.NamedTemporaryFile("w", dir=self.folder) as pair:
                pair.write(parts["client-certificate-data"] + parts["client-key-data"])
                pair.flush()
                context.load_cert_chain(pair.name)
        return context

    def client(self, token=None, admin=None, timeout=30.0):
        """A connection as the administrator, as the owner of `token`, or (admin=False) as nobody."""
        headers = {"Authorization": "Bearer " + token} if token else {}
        context = self.tls(token is None if admin is None else admin)
        return Client(("127.0.0.1", self.port), context, headers, timeout)

    def run(self, *arguments, program=None, stdin=None, env=None, seconds=60):
        """kubectl, whatever it answers: a CompletedProcess with text."""
        return subprocess.run(self.command(*arguments, program=program), input=stdin, capture_output=True, text=True,
                              timeout=seconds, check=False, env=self.environment(env))

    def command(self, *arguments, program=None):
        return [program or "kubectl", "--kubeconfig", self.kubeconfig, *arguments]

    def environment(self, more=None):
        return {"PATH": os.environ["PATH"], "HOME": self.folder, "KUBECONFIG": self.kubeconfig, **(more or {})}


class Existing(Endpoint):
    """An API that somebody else runs."""

    def __init__(self, kubeconfig):
        self.kubeconfig = os.path.realpath(kubeconfig)
        with open(self.kubeconfig, encoding="utf-8") as file:
            self.port = int(re.search(r"server: *\"?https://127\.0\.0\.1:(\d+)", file.read()).group(1))

    def start(self):
        self.folder = tempfile.mkdtemp(prefix="nanika-test-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return ""


class Server(Endpoint):
    """nanika apiserver. Reuse `folder` (and `port`) to start again on the same data."""

    def __init__(self, folder=None, port=0, flags=()):
        self.own_folder_ = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="nanika-test-")
        self.data = os.path.join(self.folder, "data")
        self.kubeconfig = os.path.join(self.folder, "kubeconfig")
        self.flags, self.port, self.process, self.output = list(flags), port, None, None
        self.ready_seconds = None

    def start(self):
        began = time.monotonic()
        self.process = subprocess.Popen(
            [BINARY, "apiserver", "--data-dir", self.data, "--listen", f"127.0.0.1:{self.port}", "--kubeconfig-out",
             self.kubeconfig, *self.flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.output = Output(self.process.stderr)
        found = self.output.wait(r"apiserver: ready address=https://[^ ]+:(\d+)")
        self.ready_seconds = time.monotonic() - began
        self.port = int(found.group(1))
        return self

    def stop(self, number=signal.SIGTERM):
        """Ends it and returns its exit status (negative: the signal)."""
        if self.process is None:
            return None
        self.process.send_signal(number)
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the server did not end within 10 s of " + signal.Signals(number).name) from None
        self.process = None
        return status

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.own_folder_:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return "\n".join(self.output.lines())
