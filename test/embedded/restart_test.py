#!/usr/bin/env python3
"""The same data folder again: all is there, watches go on; and what starting and stopping look like."""

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import nanika  # noqa: E402
import stories  # noqa: E402

MAPS = "/api/v1/namespaces/default/configmaps"


class Restart(unittest.TestCase):

    def test_all_is_kept_and_watches_go_on(self):
        with nanika.Server() as server:
            api = server.client()
            definition = {
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": "things.example.com"}, "spec": {
                    "group": "example.com", "scope": "Namespaced",
                    "names": {"plural": "things", "kind": "Thing"}, "versions": [{
                        "name": "v1", "served": True, "storage": True,
                        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}
            things = "/apis/example.com/v1/namespaces/default/things"
            api.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
            nanika.until("things are served", lambda: api.get(things).status == 200)
            thing = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t"}, "any": [1, 2.5, None]}
            self.assertEqual(201, api.request("POST", things, thing).status)
            for number in range(20):
                api.request("POST", MAPS, {"metadata": {"name": f"c{number}"}, "data": {"n": str(number)}})
            account = api.get("/api/v1/namespaces/default/serviceaccounts/default").json()["metadata"]
            token = api.request("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", {
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}).json()["status"]["token"]
            start = api.get(MAPS).json()["metadata"]["resourceVersion"]
            api.request("DELETE", MAPS + "/c3")
            api.request("POST", MAPS, {"metadata": {"name": "last"}})
            before = api.get(MAPS).text
            client_key = server.parts_()["client-key-data"]

            self.assertEqual(0, server.stop())
            api.close()
            server.start()
            api = server.client()
            self.assertEqual(client_key, server.parts_()["client-key-data"], "the keys are kept")
            self.assertEqual(json.loads(before)["items"], api.get(MAPS).json()["items"])
            self.assertEqual(thing["any"], nanika.until("things are served", lambda: (
                lambda answer: answer.status == 200 and answer.json())(api.get(things + "/t")))["any"])
            self.assertEqual(account["uid"], api.get(
                "/api/v1/namespaces/default/serviceaccounts/default").json()["metadata"]["uid"])
            self.assertEqual(200, server.client(token).get("/version").status)
            watch = api.send("GET", f"{MAPS}?watch=true&resourceVersion={start}")
            events = [json.loads(watch.readline()) for _ in range(2)]
            self.assertEqual([("DELETED", "c3"), ("ADDED", "last")],
                             [(event["type"], event["object"]["metadata"]["name"]) for event in events])

    def test_starts_at_once_and_stops_under_load(self):
        with nanika.Server() as server:
            first = server.ready_seconds
            api = server.client()
            watch = api.send("GET", MAPS + "?watch=true")
            began = time.monotonic()
            self.assertEqual(0, server.stop())
            self.assertLess(time.monotonic() - began, 4, "a watch that is open must not hold the end up")
            watch.read()
            server.start()
            print(f"start to ready: {first * 1000:.0f} ms on an empty folder, {server.ready_seconds * 1000:.0f} ms again")
            self.assertLess(min(first, server.ready_seconds), 1.0)
            self.assertEqual(0, server.stop(signal.SIGINT))

    def test_keys_and_data_are_for_their_owner_alone(self):
        with nanika.Server() as server:
            for folder, _, files in os.walk(server.data):
                self.assertEqual(0o700, stat.S_IMODE(os.stat(folder).st_mode), folder)
                for name in files:
                    path = os.path.join(folder, name)
                    self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode), path)
            self.assertEqual(0o600, stat.S_IMODE(os.stat(server.kubeconfig).st_mode))

    def test_a_folder_serves_one_at_a_time(self):
        with nanika.Server() as server:
            second = subprocess.run([nanika.BINARY, "apiserver", "--data-dir", server.data, "--listen", "127.0.0.1:0"],
                                    capture_output=True, text=True, timeout=20, check=False)
            self.assertNotEqual(0, second.returncode)
            self.assertRegex(second.stderr, r"(?i)lock|in use|another")
            port = nanika.Server(port=server.port)
            with self.assertRaisesRegex(AssertionError, "(?i)in use|bind|listen"):
                port.__enter__()

    def test_options_that_are_wrong(self):
        for flags, message in ((["--listen", "nonsense"], "listen|nonsense"),
                               (["--listen", "192.0.2.1:0"], "192.0.2.1|listen|assign"),
                               (["--no-such-flag"], "no-such-flag"),
                               (["--threads", "none"], "threads")):
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run([nanika.BINARY, "apiserver", "--data-dir", folder, *flags],
                                      capture_output=True, text=True, timeout=20, check=False)
            self.assertNotEqual(0, done.returncode, flags)
            self.assertRegex(done.stderr + done.stdout, message)


if __name__ == "__main__":
    stories.main(Restart)
