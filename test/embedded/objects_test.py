#!/usr/bin/env python3
"""kubectl: get, describe, create, replace, label, annotate, delete, wait, api-resources."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import nanika  # noqa: E402
import stories  # noqa: E402

PAIR = """
apiVersion: v1
kind: ConfigMap
metadata: {name: one, labels: {tier: front}}
data: {key: value}
---
apiVersion: v1
kind: Secret
metadata: {name: two, labels: {tier: back}}
stringData: {password: hunter2}
"""


class Objects(stories.Kubectl):

    def test_get_table_yaml_json_and_names(self):
        self.k("create", "configmap", "b", "--from-literal=x=1", "--from-literal=z=2")
        self.k("create", "configmap", "a")
        table = stories.rows(self.k("get", "configmaps", "--field-selector=metadata.name!=kube-root-ca.crt"))
        self.assertEqual([["NAME", "DATA", "AGE"], ["a", "0"], ["b", "2"]], [table[0], table[1][:2], table[2][:2]])
        self.assertRegex(self.k("get", "cm", "b", "-o", "yaml"), r'(?m)^data:\n  x: "1"\n  z: "2"\nkind: ConfigMap$')
        got = json.loads(self.k("get", "cm", "b", "-o", "json"))
        self.assertEqual(("v1", "ConfigMap", {"x": "1", "z": "2"}), (got["apiVersion"], got["kind"], got["data"]))
        self.assertEqual("configmap/b\n", self.k("get", "cm", "b", "-o", "name"))
        self.assertEqual("2", self.k("get", "cm", "b", "-o", "jsonpath={.data.z}"))
        self.assertIn(self.ns, self.k("get", "cm", "-A", namespace=False))
        wide = stories.rows(self.k("get", "cm", "b", "-o", "wide", "--show-labels", "--no-headers"))
        self.assertEqual(["b", "2"], wide[0][:2])

    def test_get_by_labels_fields_and_in_order(self):
        for name, tier in (("c", "front"), ("a", "front"), ("b", "back")):
            self.k("create", "configmap", name)
            self.k("label", "configmap", name, "tier=" + tier)

        def names(*arguments):
            return self.k("get", "configmaps", "-o", "name", *arguments).replace("configmap/", "").split()

        self.assertEqual(["a", "c"], names("-l", "tier=front"))
        self.assertEqual(["b"], names("-l", "tier,tier notin (front)"))
        self.assertEqual(["b"], names("-l", "tier in (back,middle)"))
        self.assertEqual(["a"], names("--field-selector=metadata.name=a"))
        by_age = names("--sort-by=.metadata.creationTimestamp", "-l", "tier")
        self.assertEqual({"a", "b", "c"}, set(by_age))
        reverse = stories.rows(self.k("get", "configmaps", "-l", "tier", "--sort-by=.metadata.labels.tier"))
        self.assertEqual("b", reverse[1][0])
        self.assertIn('"spec.color" is not a known field selector: only "metadata.name", "metadata.namespace"',
                      self.fails("get", "configmaps", "--field-selector=spec.color=red"))
        self.assertIn('configmaps "none" not found', self.fails("get", "configmap", "none"))
        self.assertIn("the server doesn't have a resource type", self.fails("get", "unicorns"))
        self.assertIn("No resources found", self.warned("get", "secrets"))

    def test_get_watch_shows_each_change(self):
        process, output = self.started("get", "configmaps", "-w", "--output-watch-events", "--field-selector",
                                       "metadata.name=seen")
        self.k("create", "configmap", "seen", "--from-literal=a=1")
        output.wait(r"^ADDED\s+seen\s+1\s")
        self.k("patch", "configmap", "seen", "-p", '{"data":{"b":"2"}}')
        output.wait(r"^MODIFIED\s+seen\s+2\s")
        self.k("delete", "configmap", "seen")
        output.wait(r"^DELETED\s+seen\s+2\s")
        self.assertIsNone(process.poll())

    def test_describe(self):
        self.k("create", "-f", "-", stdin=PAIR)
        text = self.k("describe", "configmap", "one")
        self.assertRegex(text, r"Name:\s+one\nNamespace:\s+" + self.ns + r"\nLabels:\s+tier=front\n")
        self.assertRegex(text, r"key:\n----\nvalue\n")
        self.assertRegex(self.k("describe", "secret", "two"), r"Type:\s+Opaque\n(.|\n)*password:\s+7 bytes")
        self.assertRegex(self.k("describe", "namespace", self.ns), r"Status:\s+Active")
        self.k("create", "service", "clusterip", "web", "--tcp=80:8080")
        self.assertRegex(self.k("describe", "service", "web"), r"Selector:\s+app=web(.|\n)*TargetPort:\s+8080/TCP")
        self.assertRegex(self.k("describe", "serviceaccount", "default"), r"Name:\s+default")

    def test_create_says_what_is_there_already(self):
        out = self.k("create", "-f", "-", stdin=PAIR)
        self.assertEqual("configmap/one created\nsecret/two created\n", out)
        self.assertIn('Error from server (AlreadyExists)', self.fails("create", "-f", "-", stdin=PAIR))
        self.assertEqual("aHVudGVyMg==", self.k("get", "secret", "two", "-o", "jsonpath={.data.password}"))

    def test_create_what_people_create(self):
        self.k("create", "namespace", self.ns + "-x", namespace=False)
        self.k("delete", "namespace", self.ns + "-x", namespace=False)
        self.k("create", "secret", "generic", "s", "--from-literal=a=b")
        self.k("create", "serviceaccount", "robot")
        self.assertRegex(self.k("get", "serviceaccount", "robot"), r"(?m)^robot\s+")
        self.k("create", "service", "nodeport", "np", "--tcp=80:8080")
        port = int(self.k("get", "service", "np", "-o", "jsonpath={.spec.ports[0].nodePort}"))
        self.assertIn(port, range(30000, 32768))
        self.assertRegex(self.k("get", "service", "np"), r"(?m)^np\s+NodePort\s+10\.\d+\.\d+\.\d+\s+<none>\s+80:\d+/TCP")
        self.assertIn("created", self.k("run", "p", "--image=pause"))
        self.assertRegex(self.k("get", "pod", "p"), r"(?m)^p\s+0/1\s+Pending\s+0\s")
        self.assertEqual('"default"', self.k("get", "pod", "p", "-o", 'jsonpath="{.spec.serviceAccountName}"'))

    def test_replace(self):
        self.k("create", "-f", "-", stdin=PAIR)
        self.assertIn("replaced", self.k("replace", "-f", "-", stdin=PAIR.replace("key: value", "other: thing")))
        self.assertEqual('{"other":"thing"}', self.k("get", "cm", "one", "-o", "jsonpath={.data}"))
        old = self.k("get", "cm", "one", "-o", "yaml")
        self.k("label", "cm", "one", "changed=yes")
        self.assertIn("the object has been modified; please apply your changes to the latest version and try again",
                      self.fails("replace", "-f", "-", stdin=old))
        self.assertIn("replaced", self.k("replace", "--force", "-f", "-", stdin=PAIR))

    def test_label_and_annotate(self):
        self.k("create", "configmap", "c")
        self.assertEqual("configmap/c labeled\n", self.k("label", "configmap", "c", "a=1", "b=2"))
        self.assertIn("--overwrite is false", self.fails("label", "configmap", "c", "a=2"))
        self.k("label", "configmap", "c", "a=2", "b-", "--overwrite")
        self.assertEqual('{"a":"2"}', self.k("get", "cm", "c", "-o", "jsonpath={.metadata.labels}"))
        self.assertIn("configmap/c annotate", self.k("annotate", "configmap", "c", "note=some words"))  # 1.27 says no more
        self.k("annotate", "configmap", "c", "note-")
        self.assertEqual("", self.k("get", "cm", "c", "-o", "jsonpath={.metadata.annotations}"))
        self.assertIn("invalid label value",
                      self.fails("label", "configmap", "c", "a=no spaces"))

    def test_delete_cascades_or_not(self):
        def family(name):
            self.k("create", "configmap", name)
            uid = self.k("get", "cm", name, "-o", "jsonpath={.metadata.uid}")
            child = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
                "name": name + "-child", "ownerReferences": [
                    {"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid, "blockOwnerDeletion": True}]}}
            self.k("create", "-f", "-", stdin=json.dumps(child))

        def there(name):
            return self.run_("get", "configmap", name).returncode == 0

        for name in ("fore", "back", "orphan"):
            family(name)
        self.k("delete", "configmap", "fore", "--cascade=foreground")
        self.assertFalse(there("fore-child"))
        self.k("delete", "configmap", "back")
        nanika.until("the garbage is collected", lambda: not there("back-child"))
        self.k("delete", "configmap", "orphan", "--cascade=orphan")
        self.assertFalse(there("orphan"))
        self.assertEqual("", self.k("get", "cm", "orphan-child", "-o", "jsonpath={.metadata.ownerReferences}"))
        self.assertIn("NotFound", self.fails("delete", "configmap", "orphan"))
        self.assertEqual("", self.k("delete", "configmap", "orphan", "--ignore-not-found"))
        self.k("label", "configmap", "orphan-child", "gone=soon")
        self.k("delete", "configmaps", "-l", "gone=soon")
        self.assertFalse(there("orphan-child"))

    def test_finalizer_holds_a_delete(self):
        held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["x.dev/hold"]}}
        self.k("create", "-f", "-", stdin=json.dumps(held))
        self.k("delete", "configmap", "held", "--wait=false")
        self.assertNotEqual("", self.k("get", "cm", "held", "-o", "jsonpath={.metadata.deletionTimestamp}"))
        process, _ = self.started("wait", "configmap/held", "--for=delete", "--timeout=20s")
        self.k("patch", "configmap", "held", "--type=json", "-p", '[{"op":"remove","path":"/metadata/finalizers"}]')
        self.assertEqual(0, process.wait(25))  # it says "condition met" only when it came before the end

    @stories.since(27)
    def test_wait_for_a_field_and_in_vain(self):
        self.k("create", "configmap", "c")
        process, output = self.started("wait", "configmap/c", "--for=jsonpath={.data.state}=done", "--timeout=20s")
        self.k("patch", "configmap", "c", "-p", '{"data":{"state":"done"}}')
        output.wait("condition met")
        self.assertEqual(0, process.wait(10))
        self.assertIn("timed out waiting", self.fails("wait", "configmap/c", "--for=delete", "--timeout=100ms"))

    def test_delete_a_namespace_with_all_in_it(self):
        self.k("create", "-f", "-", stdin=PAIR)
        self.k("delete", "namespace", self.ns, namespace=False)
        self.assertIn("not found", self.fails("get", "namespace", self.ns, namespace=False))
        self.assertIn(f'namespaces "{self.ns}" not found', self.fails("create", "configmap", "late"))

    def test_api_resources_and_versions(self):
        names = {row[0] for row in stories.rows(self.k("api-resources", "--no-headers"))}
        self.assertLessEqual({"configmaps", "secrets", "namespaces", "nodes", "pods", "services", "endpoints",
                              "endpointslices", "serviceaccounts", "events", "leases",
                              "customresourcedefinitions"}, names)
        self.assertRegex(self.k("api-resources", "--no-headers"), r"(?m)^configmaps\s+cm\s+v1\s+true\s+ConfigMap$")
        self.assertNotIn("namespaces\n", self.k("api-resources", "--namespaced=true", "-o", "name"))
        versions = self.k("api-versions").split()
        self.assertLessEqual({"v1", "events.k8s.io/v1", "discovery.k8s.io/v1", "coordination.k8s.io/v1",
                              "apiextensions.k8s.io/v1"}, set(versions))
        self.assertIn("Server Version", self.k("version"))
        for name in self.k("get", "all", "-A", "-o", "name", namespace=False).split():
            self.assertRegex(name, "^(pod|service|replica|deploy|daemon|state|job|cron)")


if __name__ == "__main__":
    stories.main(Objects)
