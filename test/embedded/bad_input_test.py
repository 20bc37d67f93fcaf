#!/usr/bin/env python3
"""What clients get who send what they should not: a status that says what and where, and nothing half done."""

import os
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import nanika  # noqa: E402
import stories  # noqa: E402

YAML = {"Content-Type": "application/yaml"}
JSON = {"Content-Type": "application/json"}


class BadInput(stories.Story):

    def maps(self, name=""):
        return f"/api/v1/namespaces/{self.ns}/configmaps" + ("/" + name if name else "")

    def nothing_stored(self):
        self.assertEqual([], [item["metadata"]["name"] for item in self.ok("GET", self.maps())["items"]
                              if item["metadata"]["name"] != "kube-root-ca.crt"])

    def test_broken_bodies(self):
        for text, kind, message in (
                ('{"metadata": {"name": "c"', JSON, "json"),
                ('{"metadata": {"name": "c"}} trailing', JSON, "json"),
                ("[1, 2]", JSON, "unrecognized|cannot unmarshal|json"),
                ('{"metadata": {"name": 7}}', JSON, "metadata|name"),
                ('{"data": {"k": {"deep": 1}}, "metadata": {"name": "c"}}', JSON, "data"),
                ("metadata: {name: [", YAML, "yaml"),
                ("a: b: c", YAML, "yaml"),
                ("\x00\x01\x02", JSON, "json"),
                ("k8s\x00garbage", {"Content-Type": "application/vnd.kubernetes.protobuf"}, ".")):
            answer = self.api.request("POST", self.maps(), text, kind)
            self.status(answer, 400, "BadRequest", message)
        deep = "[" * 100000
        self.assertEqual(400, self.api.request("POST", self.maps(), '{"data":' + deep, JSON).status)
        self.nothing_stored()

    def test_wrong_kinds_names_and_places(self):
        def post(body, path=None):
            return self.api.request("POST", path or self.maps(), body)

        self.status(post({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c"}}), 400, "BadRequest")
        self.status(post({"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "c"}}), 400, "BadRequest",
                    'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered')
        self.status(post({"metadata": {}}), 422, "Invalid", "name or generateName is required")
        self.status(post({"metadata": {"name": "c", "namespace": "elsewhere"}}), 400, "BadRequest",
                    "the namespace of the provided object does not match the namespace sent on the request")
        self.status(post({"metadata": {"name": "c"}}, "/api/v1/namespaces/none/configmaps"), 404, "NotFound",
                    '^namespaces "none" not found$')
        self.status(self.api.request("PUT", self.maps("c"), {"metadata": {"name": "d"}}), 400, "BadRequest",
                    r"the name of the object \(d\) does not match the name on the URL \(c\)")
        self.status(self.api.request("DELETE", self.maps("none")), 404, "NotFound", '^configmaps "none" not found$')
        bad = self.status(post({"metadata": {"name": "No_Good", "labels": {"-": "x"}}}), 422, "Invalid")
        self.assertLessEqual({"metadata.name", "metadata.labels"},
                             {cause["field"] for cause in bad["details"]["causes"]})
        self.nothing_stored()

    def test_methods_types_and_paths(self):
        self.assertEqual(405, self.api.request("POST", "/version", {}).status)
        self.status(self.api.request("PUT", self.maps(), {}), 405, "MethodNotAllowed")
        self.status(self.api.request("POST", self.maps("c"), {}), 405, "MethodNotAllowed")
        self.status(self.api.request("POST", self.maps(), "<x/>", {"Content-Type": "text/xml"}), 415,
                    "UnsupportedMediaType", "accepted media types include: application/json")
        self.status(self.api.get(self.maps(), headers={"Accept": "text/html"}), 406, "NotAcceptable")
        self.status(self.api.request("PATCH", self.maps("c"), "{}", JSON), 415, "UnsupportedMediaType")
        for path in ("/apis/nothing.dev/v1/things", "/api/v1/unicorns", "/api/v9", "/nowhere", "/api/v1/namespaces/a/b/c/d/e"):
            self.assertEqual(404, self.api.get(path).status, path)
        for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"):
            self.assertIn(self.api.get(path).status, (301, 400, 404), path)

    def test_bad_parameters(self):
        for query, message in (
                ("labelSelector=a=b=c", "unable to parse requirement|found '=', expected"),
                ("labelSelector=%3D", "unable to parse|found"),
                ("fieldSelector=data.x=1", "field"),
                ("limit=many", "limit|strconv"),
                ("resourceVersion=old", "resourceVersion|Invalid value"),
                ("continue=xyz", "continue"),
                ("watch=true&timeoutSeconds=soon", "timeoutSeconds|strconv")):
            answer = self.api.get(self.maps() + "?" + query)
            self.assertIn(answer.status, (400, 422), f"{query}: {answer.text}")
            self.assertRegex(answer.json()["message"], message)
        for query in ("fieldValidation=Maybe", "dryRun=Some", "fieldManager=" + "x" * 200):
            answer = self.api.request("POST", self.maps() + "?" + query, {"metadata": {"name": "c"}})
            self.status(answer, 422, "Invalid")
        self.nothing_stored()

    def test_oversized_bodies(self):
        fits = {"metadata": {"name": "big"}, "data": {"x": "y" * 1000000}}
        self.assertEqual(201, self.api.request("POST", self.maps(), fits).status)
        over = {"metadata": {"name": "bigger"}, "data": {"x": "y" * (1 << 20), "z": "z"}}
        self.status(self.api.request("POST", self.maps(), over), 422, "Invalid", "Too long: may not be more than 1048576 bytes")
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as raw:
            with self.server.tls().wrap_socket(raw, server_hostname="127.0.0.1") as tls:
                tls.sendall(f"POST {self.maps()} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            f"Content-Length: {1 << 33}\r\n\r\n".encode())
                self.assertRegex(tls.recv(65536).decode(), r"^HTTP/1\.1 413 ")

    def test_slow_and_broken_connections_hurt_nobody(self):
        context = self.server.tls()
        slow = []
        for _ in range(20):
            raw = socket.create_connection(("127.0.0.1", self.server.port))
            self.addCleanup(raw.close)
            slow.append(raw)  # says nothing, not even TLS
        for piece in (b"POST ", f"POST {self.maps()} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode()):
            tls = context.wrap_socket(socket.create_connection(("127.0.0.1", self.server.port)),
                                      server_hostname="127.0.0.1")
            self.addCleanup(tls.close)
            tls.sendall(piece)
        began = time.monotonic()
        self.ok("GET", self.maps())
        self.assertLess(time.monotonic() - began, 2)
        for text in (b"GARBAGE\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 2000000 + b"\r\n\r\n"):
            tls = context.wrap_socket(socket.create_connection(("127.0.0.1", self.server.port), timeout=10),
                                      server_hostname="127.0.0.1")
            try:
                tls.sendall(text)
                self.assertRegex(tls.recv(65536).decode(), r"^HTTP/1\.1 4\d\d ")
            except (ConnectionError, ssl.SSLError):
                pass  # it may hang up before all was sent
            finally:
                tls.close()
        self.nothing_stored()

    def test_certificates_and_tokens_that_are_not_good(self):
        key, cert = (os.path.join(self.server.folder, name) for name in ("bad.key", "bad.crt"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", cert, "-subj", "/O=system:masters/CN=mallory", "-days", "1"],
                       check=True, capture_output=True)
        context = self.server.tls(admin=False)
        context.load_cert_chain(cert, key)
        mallory = nanika.Client(("127.0.0.1", self.server.port), context)
        try:
            self.status(mallory.get(self.maps()), 401, "Unauthorized", "^Unauthorized$")
        except (ConnectionError, ssl.SSLError):
            pass  # refused in the handshake is as good
        for token in ("x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."):
            self.status(self.server.client(token).get(self.maps()), 401, "Unauthorized", "^Unauthorized$")
        nobody = self.server.client(admin=False)
        self.status(nobody.get(self.maps()), 403, "Forbidden",
                    'User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace')
        self.assertEqual(200, nobody.get("/livez").status)
        plain = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        self.addCleanup(plain.close)
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            self.assertNotIn(b"200", plain.recv(1000)[:20])
        except ConnectionError:
            pass
        self.assertIn("unknown authority", self.server.run("get", "ns", "--certificate-authority", cert,
                                             program=stories.programs()[-1][1]).stderr)

    def test_preconditions(self):
        made = self.ok("POST", self.maps(), {"metadata": {"name": "c"}})["metadata"]
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": "other"}}
        self.status(self.api.request("DELETE", self.maps("c"), options), 409, "Conflict",
                    rf"the UID in the precondition \(other\) does not match the UID in record \({made['uid']}\)")
        options["preconditions"] = {"resourceVersion": "1"}
        self.status(self.api.request("DELETE", self.maps("c"), options), 409, "Conflict", "ResourceVersion")
        stale = {"metadata": {"name": "c", "resourceVersion": "1"}}
        self.status(self.api.request("PUT", self.maps("c"), stale), 409, "Conflict",
                    "the object has been modified; please apply your changes to the latest version and try again")
        options["preconditions"] = {"uid": made["uid"], "resourceVersion": made["resourceVersion"]}
        self.assertEqual(200, self.api.request("DELETE", self.maps("c"), options).status)

    def test_a_no_op_keeps_the_version_and_names_are_generated(self):
        made = self.ok("POST", self.maps(), {"metadata": {"generateName": "gen-"}, "data": {"a": "b"}})
        name = made["metadata"]["name"]
        self.assertRegex(name, "^gen-[a-z0-9]{5}$")
        same = self.ok("PUT", self.maps(name), {"metadata": {"name": name, "generateName": "gen-"}, "data": {"a": "b"}})
        self.assertEqual(made["metadata"]["resourceVersion"], same["metadata"]["resourceVersion"])
        patch = {"Content-Type": "application/merge-patch+json"}
        same = self.ok("PATCH", self.maps(name), '{"data":{"a":"b"}}', patch)
        self.assertEqual(made["metadata"]["resourceVersion"], same["metadata"]["resourceVersion"])
        self.assertEqual({"a": "b"}, self.ok("GET", self.maps(name))["data"])


if __name__ == "__main__":
    stories.main(BadInput)
