"""What the stories of test/embedded share: a server a module, a namespace a test, kubectl of several versions.

    class Labels(stories.Kubectl):
        def test_label(self):
            self.k("create", "configmap", "c")
            self.assertEqual("...", self.k("get", "configmap", "c"))

    stories.main(Labels)     # one class for each kubectl that is found

NANIKA_KUBECTLS (names or paths, separated by ':') says which ones; otherwise one of each of MINORS, and where none of
those is to be had, the one in PATH (Debian's is 1.20: `since` marks what it cannot). Stories hold on a real
kube-apiserver too: NANIKA_AGAINST=<kubeconfig with certificates> runs them there instead.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
import unittest

import nanika

MINORS = (27, 28, 29, 30, 31, 32, 33, 37)
PLACES = ("/usr/lib/google-cloud-sdk/bin", "/usr/local/bin", "/usr/bin")


def known():
    """Pairs of what to look for and where it is, or None."""
    if os.environ.get("NANIKA_KUBECTLS"):
        for name in os.environ["NANIKA_KUBECTLS"].split(":"):
            yield name, shutil.which(name)
        return
    for minor in MINORS:
        paths = [os.path.join(place, f"kubectl.1.{minor}") for place in PLACES]
        if f"v1.{minor}." in nanika.peers():
            paths.append(os.path.join(nanika.peers(), "kubectl"))
        yield f"kubectl 1.{minor}", next((path for path in paths if os.access(path, os.X_OK)), None)


def programs():
    """(minor, path) of each kubectl to run with; says which ones are not here."""
    found = list(known())
    for name, path in found:
        if path is None:
            print(f"SKIPPED: {name} is not here", file=sys.stderr)
    paths = [path for _, path in found if path] or [path for path in [shutil.which("kubectl")] if path]
    if not paths:
        sys.exit("no kubectl at all: install kubernetes-client, or run test/vanilla/build.sh kubectl")
    return [(minor_of(path), path) for path in paths]


def since(minor):
    """Marks a story that older kubectls cannot tell: they lack the command or the flag."""

    def mark(test):
        @functools.wraps(test)
        def wrapper(self):
            if self.minor < minor:
                self.skipTest(f"needs kubectl 1.{minor}")
            test(self)

        return wrapper

    return mark


def minor_of(program):
    out = subprocess.run([program, "version", "--client", "-o", "json"], capture_output=True, text=True, check=True)
    return int(re.search(r'"minor": "(\d+)', out.stdout).group(1))


class Story(unittest.TestCase):
    """One server for the class, one namespace `self.ns` for the test."""

    maxDiff = None
    server = None
    longMessage = True

    @classmethod
    def setUpClass(cls):
        against = os.environ.get("NANIKA_AGAINST")
        cls.server = nanika.Existing(against) if against else nanika.Server()
        cls.server.start()
        cls.api = cls.server.client()

    @classmethod
    def tearDownClass(cls):
        cls.api.close()
        cls.server.__exit__()

    def setUp(self):
        self.ns = re.sub(r"[^a-z0-9]+", "-", self.id().split(".", 1)[1].lower()).strip("-")[-60:].strip("-")
        created = self.api.request("POST", "/api/v1/namespaces", {"metadata": {"name": self.ns}})
        self.assertEqual(201, created.status, created.text)

    def tearDown(self):
        self.api.request("DELETE", f"/api/v1/namespaces/{self.ns}")

    def ok(self, method, path, body=None, headers=None):
        """The answer's JSON; a failed test when it is no success."""
        answer = self.api.request(method, path, body, headers)
        self.assertLess(answer.status, 300, f"{method} {path}: {answer.text}")
        return answer.json()

    def status(self, answer, code, reason=None, message=None):
        """Asserts a metav1.Status and returns it."""
        self.assertEqual(code, answer.status, answer.text)
        got = answer.json()
        self.assertEqual(("Status", "v1", "Failure", code),
                         (got.get("kind"), got.get("apiVersion"), got.get("status"), got.get("code")), got)
        if reason is not None:
            self.assertEqual(reason, got.get("reason"), got)
        if message is not None:
            self.assertRegex(got["message"], message)
        return got


class Kubectl(Story):
    """Stories told with one kubectl; main() makes a class for each."""

    program = None
    minor = 0

    def run_(self, *arguments, stdin=None, env=None, namespace=True):
        where = ["-n", self.ns] if namespace else []
        return self.server.run(*where, *arguments, program=self.program, stdin=stdin, env=env)

    def k(self, *arguments, **kwargs):
        """kubectl's output; it must succeed."""
        done = self.run_(*arguments, **kwargs)
        self.assertEqual(0, done.returncode, f"kubectl {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def warned(self, *arguments, **kwargs):
        """kubectl's standard error; it must succeed."""
        done = self.run_(*arguments, **kwargs)
        self.assertEqual(0, done.returncode, f"kubectl {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stderr

    def fails(self, *arguments, status=1, **kwargs):
        """kubectl's standard error; it must fail."""
        done = self.run_(*arguments, **kwargs)
        self.assertEqual(status, done.returncode, f"kubectl {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stderr

    def started(self, *arguments):
        """kubectl in the background: (process, its output); ended with the test."""
        process = subprocess.Popen(
            self.server.command("-n", self.ns, *arguments, program=self.program), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.server.environment())

        def end():
            process.kill()
            process.wait()

        self.addCleanup(end)
        return process, nanika.Output(process.stdout)


def rows(table):
    """The lines of a kubectl table as lists of cells, header first."""
    return [re.split(r"\s{2,}", line.strip()) for line in table.strip().splitlines()]


def main(*classes):
    """Runs Story classes once and Kubectl classes with each kubectl; exits with the outcome."""
    suite = unittest.TestSuite()
    loader = unittest.defaultTestLoader
    for made in classes:
        if not issubclass(made, Kubectl):
            suite.addTests(loader.loadTestsFromTestCase(made))
            continue
        for minor, path in programs():
            each = type(f"{made.__name__}_1_{minor}", (made,), {"program": path, "minor": minor})
            suite.addTests(loader.loadTestsFromTestCase(each))
    wanted = sys.argv[1:]
    if wanted:
        suite = unittest.TestSuite(test for test in suite if any(word in test.id() for word in wanted))
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    sys.exit(0 if result.wasSuccessful() else 1)
