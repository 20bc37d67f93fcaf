#!/usr/bin/env python3
"""kubectl: tokens, who one is and what one may, events."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import nanika  # noqa: E402
import stories  # noqa: E402

NOW = "2026-01-02T03:04:05Z"


class Access(stories.Kubectl):

    @stories.since(27)
    def test_token_of_a_serviceaccount(self):
        self.k("create", "serviceaccount", "robot")
        token = self.k("create", "token", "robot", "--duration=1h").strip()
        name = f"system:serviceaccount:{self.ns}:robot"
        who = self.server.client(token).request(
            "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
        self.assertEqual(name, who.json()["status"]["userInfo"]["username"], who.text)
        denied = self.server.client(token).get(f"/api/v1/namespaces/{self.ns}/secrets")
        self.status(denied, 403, "Forbidden",
                    rf'^secrets is forbidden: User "{name}" cannot list resource "secrets" in API group "" in the '
                    rf'namespace "{self.ns}"')
        self.k("delete", "serviceaccount", "robot")
        late = nanika.until("the token has ended", seconds=30, check=lambda: next(
            (a for a in [self.server.client(token).get("/version")] if a.status != 200), None))
        self.status(late, 401, "Unauthorized", "^Unauthorized$")

    @stories.since(27)
    def test_token_bound_to_an_object(self):
        self.k("create", "serviceaccount", "robot")
        self.k("create", "secret", "generic", "key")
        token = self.k("create", "token", "robot", "--bound-object-kind=Secret", "--bound-object-name=key").strip()
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        path = "/apis/authentication.k8s.io/v1/tokenreviews"
        self.assertTrue(self.ok("POST", path, review)["status"]["authenticated"])
        self.k("delete", "secret", "key")
        nanika.until("the token has ended with its object", seconds=30, check=lambda: not self.ok(
            "POST", path, review)["status"].get("authenticated", False))  # upstream remembers a token for 10 s
        self.assertIn('serviceaccounts "nobody" not found', self.fails("create", "token", "nobody"))

    def test_whoami_and_can_i(self):
        if self.minor >= 28:
            text = self.k("auth", "whoami")
            self.assertRegex(text, r"Username\s+kubernetes-admin")
            self.assertRegex(text, r"Groups\s+\[system:masters system:authenticated\]")
        self.assertEqual("yes\n", self.k("auth", "can-i", "delete", "pods"))
        self.assertRegex(self.k("auth", "can-i", "--list"), r"\*\.\*\s+\[\]\s+\[\]\s+\[\*\]")
        robot = f"--as=system:serviceaccount:{self.ns}:default"
        no = self.run_("auth", "can-i", "delete", "pods", robot)
        self.assertEqual(("no\n", 1), (no.stdout, no.returncode), no.stderr)
        self.assertIn("is forbidden", self.fails("get", "pods", robot))

    def event(self, name, reason, message):
        return json.dumps({"apiVersion": "v1", "kind": "Event", "metadata": {"name": name}, "type": "Warning",
                           "reason": reason, "message": message, "firstTimestamp": NOW, "lastTimestamp": NOW, "count": 2,
                           "source": {"component": "test"}, "involvedObject": {
                               "apiVersion": "v1", "kind": "ConfigMap", "name": "c", "namespace": self.ns}})

    @stories.since(27)
    def test_events(self):
        self.k("create", "configmap", "c")
        self.k("create", "-f", "-", stdin=self.event("one", "Spilled", "the tea is gone"))
        table = stories.rows(self.k("events"))
        self.assertEqual(["Warning", "Spilled", "ConfigMap/c", "the tea is gone"], table[1][-4:])
        self.assertIn("Spilled", self.k("get", "events"))
        self.assertIn("Spilled", self.k("events", "--for", "configmap/c", "--types=Warning"))
        self.assertIn("Spilled", self.k("get", "events", "--field-selector=involvedObject.name=c,type=Warning"))
        self.assertNotIn("Spilled", self.k("get", "events", "--field-selector=reason!=Spilled"))
        new = self.ok("GET", f"/apis/events.k8s.io/v1/namespaces/{self.ns}/events/one")
        self.assertEqual(("the tea is gone", 2, "c"), (new["note"], new["deprecatedCount"], new["regarding"]["name"]))

    @stories.since(27)
    def test_events_are_watched(self):
        _, output = self.started("events", "-w")
        self.k("create", "-f", "-", stdin=self.event("one", "Boiling", "soon"))
        output.wait(r"Warning\s+Boiling\s+ConfigMap/c\s+soon")
        self.k("create", "-f", "-", stdin=self.event("two", "Ready", "now"))
        output.wait(r"Warning\s+Ready\s+ConfigMap/c\s+now")


if __name__ == "__main__":
    stories.main(Access)
